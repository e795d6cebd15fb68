// SPDX-License-Identifier: MIT

#pragma once

#include <any>
#include <string>
#include <utility>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/train/history.hpp>
#include <gradus/train/monitor.hpp>
#include <gradus/train/snapshot.hpp>

namespace gradus {

/// Options for EarlyStopping.
struct EarlyStoppingOptions {
  /// The metric to monitor.
  Monitored monitor = Monitor::validation_loss;
  Index patience = 3;        ///< number of epochs without improvement after which training stops
  double min_delta = 0;      ///< improvements by at most this do not count
  bool restore_best = true;  ///< whether to restore the weights of the best epoch when the fit ends
};

/// A callback that stops training when it no longer improves. The best weights are restored however the fit
/// ends, including after the last epoch or with a NaN loss. Each fit begins with full patience and finds its
/// own best epoch.
class EarlyStopping {
 public:
  /// Throws ArgumentError for a patience below 1 or a min_delta that is negative or NaN.
  explicit EarlyStopping(EarlyStoppingOptions options = {})
      : options_(std::move(options)), best_(options_.monitor, options_.min_delta) {
    if (options_.patience < 1) {
      throw ArgumentError("EarlyStopping: patience is " + std::to_string(options_.patience) +
                          ", expected at least 1");
    }
    if (!(options_.min_delta >= 0)) {
      throw ArgumentError("EarlyStopping: min_delta is " + format_shortest(options_.min_delta) +
                          ", expected a number >= 0");
    }
  }

  /// Called by the trainer. Resets the state of the previous fit.
  template <class Trainer>
  void on_begin(Trainer&) {
    if (std::exchange(is_running_, true)) return;  // an interrupted fit continues
    best_.reset();
    best_epoch_ = 0;
    epochs_without_improvement_ = 0;
    stopped_ = false;
  }
  /// Called by the trainer.
  template <class Trainer>
  void on_epoch(Trainer& trainer) {
    const EpochRecord& record = trainer.history().back();
    if (best_.improves(record)) {
      best_epoch_ = record.epoch;
      epochs_without_improvement_ = 0;
      if (options_.restore_best) snapshot<Trainer>().take(trainer.net());
    } else if (++epochs_without_improvement_ >= options_.patience) {
      stopped_ = true;
      trainer.stop();
    }
  }
  /// Called by the trainer. Restores the best weights if `restore_best` is set.
  template <class Trainer>
  void on_end(Trainer& trainer) {
    is_running_ = false;
    if (options_.restore_best && best_epoch_ > 0) snapshot<Trainer>().restore(trainer.net());
  }

  /// Saves or loads the state, including the weights of the best epoch: see train/archive.hpp.
  template <class Archive, class Trainer>
  void serialize(Archive& archive, Trainer&) {
    best_.serialize(archive);
    archive("best_epoch", best_epoch_);
    archive("epochs_without_improvement", epochs_without_improvement_);
    archive("stopped", stopped_);
    archive("is_running", is_running_);
    snapshot<Trainer>().serialize(archive);
  }

  /// Returns the best epoch of this fit so far; 0 before the first.
  Index best_epoch() const { return best_epoch_; }
  /// Returns whether training was stopped early.
  bool stopped() const { return stopped_; }

 private:
  template <class Trainer>
  Snapshot<typename Trainer::Scalar>& snapshot() {
    using Weights = Snapshot<typename Trainer::Scalar>;
    if (!weights_.has_value()) weights_ = Weights();
    return *std::any_cast<Weights>(&weights_);
  }

  EarlyStoppingOptions options_;
  detail::BestSoFar best_;
  Index best_epoch_ = 0;
  Index epochs_without_improvement_ = 0;
  bool stopped_ = false;
  bool is_running_ = false;
  std::any weights_;  // a Snapshot; its scalar type is known only when training begins
};

}  // namespace gradus
