// SPDX-License-Identifier: MIT

#pragma once

#include <cstdio>
#include <exception>
#include <string>
#include <thread>

#include <gradus/core/eigen.hpp>
#include <gradus/core/process_group.hpp>

#include "program.hpp"

#ifdef EXAMPLES_WITH_MPI
#include <optional>

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
    mpi_.emplace(argc, argv);
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

  /// Warns on standard error if the processes on this machine have more threads than it has cores.
  void check_cores(gradus::Index threads) {
    if (!mpi_) return;
    const gradus::Index processes = mpi_->world().processes_on_this_machine();
    const auto cores = static_cast<gradus::Index>(std::thread::hardware_concurrency());
    if (!is_main() || cores == 0 || processes * threads <= cores) return;
    std::fprintf(stderr, "warning: %s processes x %s threads on %s cores: they will wait for each other\n",
                 std::to_string(processes).c_str(), std::to_string(threads).c_str(),
                 std::to_string(cores).c_str());
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
