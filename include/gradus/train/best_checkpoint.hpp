// SPDX-License-Identifier: MIT

#pragma once

#include <utility>

#include <gradus/train/monitor.hpp>

namespace gradus {

/// A callback that calls `save()` after every epoch that is better than all previous ones:
/// `trainer.add(BestCheckpoint{[&] { save(net, "best.safetensors"); }});`
template <class Save>
class BestCheckpoint {
 public:
  /// Takes the function to call and the metric to monitor.
  explicit BestCheckpoint(Save save, Monitored monitor = Monitor::validation_loss)
      : save_(std::move(save)), best_(std::move(monitor)) {}

  /// Called by the trainer.
  template <class Trainer>
  void on_epoch(Trainer& trainer) {
    if (!best_.improves(trainer.history().back())) return;
    save_();
    best_epoch_ = trainer.history().back().epoch;
  }

  /// Saves or loads the state: see train/archive.hpp.
  template <class Archive>
  void serialize(Archive& archive) {
    best_.serialize(archive);
    archive("best_epoch", best_epoch_);
  }

  /// Returns the epoch that was saved last; 0 if none was.
  Index best_epoch() const { return best_epoch_; }

 private:
  Save save_;
  detail::BestSoFar best_;
  Index best_epoch_ = 0;
};

}  // namespace gradus
