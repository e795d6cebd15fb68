// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/file.hpp>
#include <gradus/core/index.hpp>
#include <gradus/io/training_checkpoint.hpp>
#include <gradus/train/main_process.hpp>

namespace gradus {

/// Options for Checkpoints.
struct CheckpointsOptions {
  Index every_steps = 0;   ///< number of steps between checkpoints; 0 to disable
  Index every_epochs = 1;  ///< number of epochs between checkpoints; 0 to disable
  Index keep = 3;          ///< number of newest files to keep
  /// Polled after each step and epoch. If it returns true, a checkpoint is written and the fit is
  /// interrupted, for example when a signal handler has set a flag. Among several processes, it is enough if
  /// it returns true in one.
  std::function<bool()> interrupted = {};
};

namespace detail {

struct NumberedCheckpoint {
  Index step;
  std::filesystem::path file;
};

/// Returns the checkpoints in a folder, ordered by step.
inline std::vector<NumberedCheckpoint> numbered_checkpoints(const std::filesystem::path& folder) {
  constexpr std::string_view prefix = "step-", ending = ".safetensors";
  std::vector<NumberedCheckpoint> found;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = path_text(entry->path().filename());
    if (!name.starts_with(prefix) || !name.ends_with(ending)) continue;
    const char* const last = name.data() + name.size() - ending.size();
    Index step = 0;
    const auto [at, problem] = std::from_chars(name.data() + prefix.size(), last, step);
    if (problem == std::errc{} && at == last && step >= 0) found.push_back({step, entry->path()});
  }
  std::ranges::sort(found, {}, &NumberedCheckpoint::step);
  return found;
}

}  // namespace detail

/// Returns the checkpoint with the highest step number in a folder, if any.
inline std::optional<std::filesystem::path> latest_checkpoint(const std::filesystem::path& folder) {
  const auto found = detail::numbered_checkpoints(folder);
  if (found.empty()) return std::nullopt;
  return found.back().file;
}

/// A callback that writes a checkpoint every n steps or epochs, as `step-000001234.safetensors` in a folder,
/// and keeps the newest ones:
///
///     Checkpoints& checkpoints = trainer.add(Checkpoints{"run", {.every_steps = 500, .keep = 2}});
///     if (const auto file = latest_checkpoint("run")) load_checkpoint(trainer, *file);
///     trainer.fit(train, test);
class Checkpoints {
 public:
  /// The folder is created when a fit begins, or with the first file if checkpoints are written only on
  /// interruption. Throws ArgumentError if an option is negative or `keep` is below 1.
  explicit Checkpoints(std::filesystem::path folder, CheckpointsOptions options = {})
      : folder_(std::move(folder)), options_(std::move(options)) {
    if (options_.every_steps < 0 || options_.every_epochs < 0 || options_.keep < 1) {
      throw ArgumentError("Checkpoints: every_steps is " + std::to_string(options_.every_steps) +
                          ", every_epochs is " + std::to_string(options_.every_epochs) + " and keep is " +
                          std::to_string(options_.keep) + ", expected at least 0, 0 and 1");
    }
  }

  /// Called by the trainer. Throws FileError if the folder cannot be created; StateError if it holds
  /// checkpoints of later steps, which must come from another training run.
  template <class Trainer>
  void on_begin(Trainer& trainer) {
    if (!detail::is_main(trainer)) return;
    if (options_.every_steps > 0 || options_.every_epochs > 0) create_folder();
    const auto found = detail::numbered_checkpoints(folder_);
    if (found.empty() || found.back().step <= trainer.progress().step) return;
    throw StateError("Checkpoints: " + path_text(found.back().file) + " was saved after step " +
                     std::to_string(found.back().step) + ", expected at most step " +
                     std::to_string(trainer.progress().step) +
                     ", which this training has reached; load the file or use another folder");
  }
  /// Called by the trainer. Lets all processes know of an interruption before the first one saves it.
  template <class Trainer>
  void on_step(Trainer& trainer) {
    if (options_.interrupted && options_.interrupted()) trainer.interrupt();
  }
  /// Called by the trainer, as on_step.
  template <class Trainer>
  void on_epoch(Trainer& trainer) {
    on_step(trainer);
  }
  /// Called by the trainer. Throws FileError.
  template <class Trainer>
  void on_checkpoint(Trainer& trainer) {
    if (!detail::is_main(trainer)) return;
    const auto& progress = trainer.progress();
    const bool is_epoch = trainer.history().size() == progress.epoch;
    const Index count = is_epoch ? progress.epoch : progress.step;
    const Index every = is_epoch ? options_.every_epochs : options_.every_steps;
    const bool interrupts = options_.interrupted && (trainer.is_interrupted() || options_.interrupted());
    if (interrupts || (every > 0 && count % every == 0)) write(trainer);
    if (interrupts) trainer.interrupt();
  }

  /// Returns the file written last; empty before the first one.
  const std::filesystem::path& last() const { return last_; }

 private:
  void create_folder() const {
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (error) throw FileError(path_text(folder_) + ": cannot be created: " + error.message());
  }
  template <class Trainer>
  void write(Trainer& trainer) {
    create_folder();
    const std::string number = std::to_string(trainer.progress().step);
    constexpr std::size_t digits = 9;
    const std::string zeros(digits - std::min(digits, number.size()), '0');
    const std::filesystem::path file = folder_ / ("step-" + zeros + number + ".safetensors");
    save_checkpoint(trainer, file);
    last_ = file;
    auto found = detail::numbered_checkpoints(folder_);
    if (static_cast<Index>(found.size()) <= options_.keep) return;
    found.resize(found.size() - to_size(options_.keep));
    std::error_code ignored;  // failing to remove a file must not end the training
    for (const auto& old : found) std::filesystem::remove(old.file, ignored);
  }

  std::filesystem::path folder_;
  CheckpointsOptions options_;
  std::filesystem::path last_;
};

}  // namespace gradus
