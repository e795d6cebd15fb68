// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <mpi.h>
#include <optional>
#include <string>
#include <system_error>
#include <thread>

#include <gradus/core/index.hpp>
#include <gradus/distributed/communicator.hpp>
#include <gradus/distributed/mpi_error.hpp>

namespace gradus::mpi {

namespace detail {

/// What the environment variables of a process say about its launcher.
struct Launch {
  bool is_launched = false;
  std::optional<Index> processes = {};  ///< if the launcher names their number
};

/// `variable(name)` returns the text of an environment variable, or null.
template <class Variable>
Launch find_launch(const Variable& variable) {
  const auto number = [&](const char* name) -> std::optional<Index> {
    const char* const text = variable(name);
    if (text == nullptr) return std::nullopt;
    Index value = 0;
    const char* const end = text + std::strlen(text);
    const auto [at, error] = std::from_chars(text, end, value);
    return error == std::errc() && at == end ? std::optional(value) : std::nullopt;
  };
  // mpirun of Open MPI. Within Slurm it is a step of one task per machine, so Slurm's variables come later.
  if (const auto size = number("OMPI_COMM_WORLD_SIZE")) return {true, size};
  // PMI: mpirun of MPICH, and srun --mpi=pmi2
  const auto size = number("PMI_RANK") ? number("PMI_SIZE") : std::nullopt;
  if (size && *size > 1) return {true, size};
  // A step of srun. The shell of salloc is a step of one task, and may have the variables of PMI and PMIx;
  // the script of sbatch has a SLURM_PROCID but is no step.
  const auto tasks = number("SLURM_PROCID") ? number("SLURM_STEP_NUM_TASKS") : std::nullopt;
  if (tasks) return *tasks > 1 ? Launch{true, tasks} : Launch{};
  if (size) return {true, size};
  return {number("PMIX_RANK") || number("PMI_RANK")};
}

inline Launch find_launch() {
  return find_launch([](const char* name) { return std::getenv(name); });
}

}  // namespace detail

/// Returns whether `mpirun`, `srun` with more than one task, or another launcher of MPI has started this
/// process. A program that was not launched can do without an Environment.
inline bool is_launched() { return detail::find_launch().is_launched; }

/// Initialises MPI, and finalises it at the end of its life. One per process, as MPI wants.
///
///     int main(int argc, char** argv) {
///       gradus::mpi::Environment mpi(argc, argv);
///       return mpi.run([&](gradus::mpi::Communicator& world) { train(world); });
///     }
///
/// A process that fails ends all others: they would wait for it for ever. An exception that leaves `run`
/// prints its message and the rank and aborts the job; so does one that ends the Environment's life, without
/// its message.
class Environment {
 public:
  /// Throws mpi::Error if MPI cannot be initialised, or if the launcher belongs to another MPI library, where
  /// each process would be alone.
  Environment(int& argc, char**& argv) : exceptions_(std::uncaught_exceptions()) {
    int level = 0;
    detail::check("MPI_Init_thread", MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &level));
    world_ = std::make_unique<Communicator>(MPI_COMM_WORLD);
    const auto launched = detail::find_launch().processes;
    if (!launched || *launched == world_->size()) return;
    const Index size = world_->size();
    finalize();
    throw Error("mpi::Environment: the launcher has started " + std::to_string(*launched) +
                " processes, but the MPI library sees " + std::to_string(size) +
                "; use the mpirun of the library that the program was built with, or an --mpi option of srun "
                "that it supports: " +
                library());
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() {
    if (std::uncaught_exceptions() > exceptions_) abort("an exception has ended the program");
    finalize();
  }

  /// All processes.
  Communicator& world() { return *world_; }

  /// Returns name and version of the MPI library.
  static std::string library() {
    std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
    int length = 0;
    MPI_Get_library_version(text.data(), &length);
    std::string version(text.data());
    std::ranges::replace(version, '\t', ' ');
    return version.substr(0, version.find_first_of(",\n"));
  }

  /// Calls f(world()). Returns 0, or prints the message of an exception and ends the whole job with status 1.
  template <class F>
  int run(const F& f) {
    try {
      f(world());
      return 0;
    } catch (const std::exception& error) {
      abort(error.what());
    } catch (...) {
      abort("an exception that is not a std::exception");
    }
  }

  /// Prints a message with the rank to standard error and ends all processes with status 1.
  [[noreturn]] void abort(const std::string& message) {
    std::fflush(stdout);
    std::fprintf(stderr, "rank %ld of %ld: %s\n", static_cast<long>(world_->rank()),
                 static_cast<long>(world_->size()), message.c_str());
    std::fflush(stderr);
    // MPICH's launcher drops output that it has not read when the job ends: 1 of 15 messages on a busy
    // machine.
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    std::_Exit(EXIT_FAILURE);
  }

 private:
  void finalize() {
    world_.reset();
    MPI_Finalize();
  }

  int exceptions_;
  std::unique_ptr<Communicator> world_;
};

}  // namespace gradus::mpi
