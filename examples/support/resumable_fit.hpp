// SPDX-License-Identifier: MIT

#pragma once

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include <gradus/core/eigen.hpp>
#include <gradus/core/file.hpp>
#include <gradus/io/checkpoints.hpp>

#include "program.hpp"

/// Training that survives Ctrl-C: it stops after the current step and can be resumed from there, bit for bit.
namespace support {

namespace detail {

inline volatile std::sig_atomic_t stop_requested = 0;

extern "C" inline void note_stop_request(int signal) {
  stop_requested = 1;
  std::signal(signal, SIG_DFL);  // a second one ends the program immediately
}

/// Records a signal during its lifetime.
class RecordSignal {
 public:
  explicit RecordSignal(int signal) : signal_(signal), previous_(std::signal(signal, note_stop_request)) {}
  RecordSignal(const RecordSignal&) = delete;
  RecordSignal& operator=(const RecordSignal&) = delete;
  ~RecordSignal() { std::signal(signal_, previous_ == SIG_ERR ? SIG_DFL : previous_); }

 private:
  int signal_;
  void (*previous_)(int);
};

/// Records requests to stop during its lifetime: Ctrl-C and, with a launcher, SIGTERM. Open MPI's mpirun
/// answers Ctrl-C by sending SIGTERM to the processes, and schedulers end a job with it.
class StopRequests {
 public:
  explicit StopRequests(bool has_launcher) {
    stop_requested = 0;
    ctrl_c_.emplace(SIGINT);
    if (has_launcher) termination_.emplace(SIGTERM);
  }

 private:
  std::optional<RecordSignal> ctrl_c_, termination_;
};

/// Returns the first of `name`, `name-2`, `name-3`, ... that does not exist.
inline std::filesystem::path unused_folder(const std::string& name) {
  std::filesystem::path folder = name;
  for (int number = 2; std::filesystem::exists(folder); ++number)
    folder = name + "-" + std::to_string(number);
  return folder;
}

}  // namespace detail

struct CheckpointOptions {
  std::string folder;
  gradus::Index every = 0;  ///< in steps; 0 for after each epoch
};

inline void add_checkpoint_options(CLI::App& app, CheckpointOptions& options) {
  app.add_option("--checkpoints", options.folder,
                 "Saves a checkpoint to this folder after each epoch, and continues from the last one in it")
      ->type_name("DIR");
  app.add_option("--checkpoint-every", options.every, "Saves checkpoints every this many steps instead")
      ->check(from_one_to(1'000'000'000))
      ->needs("--checkpoints");
}

/// Trains from the last checkpoint, if there is one. On a request to stop, finishes the step, saves a
/// checkpoint and throws Interrupted, which says how to continue. With several processes, a request to one
/// stops all of them, and only the first one's Interrupted has a message. `run` names a subfolder, for
/// programs that train several networks; `program` names the folder if the options do not.
template <class Trainer, class... Data>
void resumable_fit(Trainer& trainer, const CheckpointOptions& options, const std::string& program,
                   const std::string& run, Data&... data) {
  const bool is_periodic = !options.folder.empty();
  const std::filesystem::path top =
      is_periodic ? std::filesystem::path(options.folder) : detail::unused_folder(program + "-checkpoints");
  const std::filesystem::path folder = run.empty() ? top : top / run;
  const detail::StopRequests requests(trainer.options().processes != nullptr);
  auto& checkpoints =
      trainer.add(gradus::Checkpoints{folder,
                                      {.every_steps = options.every,
                                       .every_epochs = is_periodic && options.every == 0 ? 1 : 0,
                                       .interrupted = [] { return detail::stop_requested != 0; }}});
  if (is_periodic) {
    if (const auto file = gradus::latest_checkpoint(folder)) {
      gradus::load_checkpoint(trainer, *file);
      std::printf("continues from %s\n", gradus::path_text(*file).c_str());
    }
  }
  trainer.fit(data...);
  if (!trainer.is_interrupted()) return;
  if (!trainer.is_main()) throw Interrupted("");
  throw Interrupted("interrupted after step " + std::to_string(trainer.progress().step) + "; saved " +
                    gradus::path_text(checkpoints.last()) + "; to continue, use the same options" +
                    (is_periodic ? "" : " and --checkpoints " + gradus::path_text(top)));
}

}  // namespace support
