// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <gradus/core/eigen.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/process_group.hpp>

#include "cores.hpp"
#include "program.hpp"

#ifdef EXAMPLES_WITH_MPI
#include <gradus/distributed/mpi.hpp>
#endif

namespace support {

/// The processes that run a program: those that mpirun has started, or this one alone. All but the first have
/// no standard output.
class Processes {
 public:
#ifdef EXAMPLES_WITH_MPI
  Processes(int& argc, char**& argv) {
    if (!gradus::mpi::is_launched()) return;
    try {
      mpi_.emplace(argc, argv);
    } catch (const gradus::mpi::Error& error) {
      std::fprintf(stderr, "%s\n", error.what());
      std::exit(bad_input);
    }
    if (!is_main() && std::freopen("/dev/null", "w", stdout) == nullptr)
      mpi_->abort("/dev/null: cannot open");
  }

  /// For TrainerOptions::processes; null if there is this process alone.
  gradus::ProcessGroup* group() { return mpi_ ? &mpi_->world() : nullptr; }
  bool is_main() { return !mpi_ || mpi_->world().is_main(); }

  /// Calls f. What it throws ends all processes, except an interruption, which reaches all of them.
  template <class F>
  void run(const F& f) {
    try {
      f();
    } catch (const Interrupted&) {
      throw;
    } catch (const std::exception& error) {
      if (!mpi_ || mpi_->world().size() == 1) throw;
      mpi_->abort(error.what());
    }
  }

  /// Warns on standard error if the processes of a machine have more threads than cores. Collective. The
  /// first process prints the warning of the first such machine.
  void check_cores(gradus::Index threads) {
    if (!mpi_) return;
    gradus::mpi::Communicator& world = mpi_->world();
    gradus::mpi::Communicator machine = world.on_this_machine();
    const ThreadsOnCores own{threads, own_cores()};
    const std::vector<std::byte> all = machine.gather(std::as_bytes(std::span(&own, 1)));
    std::vector<ThreadsOnCores> processes(gradus::to_size(machine.size()));
    std::memcpy(processes.data(), all.data(), all.size());
    const auto shortage = find_shortage(processes);
    const std::string warning = shortage && machine.is_main() ? to_string(*shortage) + "\n" : "";
    const std::vector<std::byte> warnings = world.gather(std::as_bytes(std::span(warning)));
    const std::string text(reinterpret_cast<const char*>(warnings.data()), warnings.size());
    if (is_main()) std::fputs(text.substr(0, text.find('\n') + 1).c_str(), stderr);
  }

 private:
  std::optional<gradus::mpi::Environment> mpi_;
#else
  Processes(int&, char**&) {}
  gradus::ProcessGroup* group() { return nullptr; }
  bool is_main() { return true; }
  template <class F>
  void run(const F& f) {
    f();
  }
  void check_cores(gradus::Index) {}
#endif
};

}  // namespace support
