// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mpi.h>
#include <optional>
#include <string>

#include <gradus/core/index.hpp>
#include <gradus/distributed/communicator.hpp>
#include <gradus/distributed/mpi_error.hpp>

namespace gradus::mpi {

namespace detail {

/// The number of processes that a launcher says it has started; nothing if it does not say so.
inline std::optional<Index> launched_processes() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
    if (const char* const text = std::getenv(name)) return std::atol(text);
  }
  return std::nullopt;
}

}  // namespace detail

/// Returns whether `mpirun` or another launcher of MPI has started this process. A program that was not
/// launched can do without an Environment.
inline bool is_launched() {
  constexpr std::array names{"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMI_RANK", "PMIX_RANK"};
  return std::ranges::any_of(names, [](const char* name) { return std::getenv(name) != nullptr; });
}

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
    const auto launched = detail::launched_processes();
    if (!launched || *launched == world_->size()) return;
    const Index size = world_->size();
    finalize();
    throw Error("mpi::Environment: the launcher has started " + std::to_string(*launched) +
                " processes, but the MPI library sees " + std::to_string(size) +
                "; use the mpirun of the library that the program was built with: " + library());
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
