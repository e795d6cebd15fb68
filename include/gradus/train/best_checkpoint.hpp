// SPDX-License-Identifier: MIT

#pragma once

#include <utility>

#include <gradus/train/monitor.hpp>

namespace gradus {

/// Callback that calls `save()` after every epoch that is better than all before it:
/// `trainer.add(BestCheckpoint{[&] { save(net, "best.safetensors"); }});`
template <class Save>
class BestCheckpoint {
 public:
  /// Calls `save()` after each epoch in which the watched figure is better than in all before it.
  explicit BestCheckpoint(Save save, Monitored monitor = Monitor::validation_loss)
      : save_(std::move(save)), best_(std::move(monitor)) {}

  /// Is called by the trainer.
  template <class Trainer>
  void on_epoch(Trainer& trainer) {
    if (!best_.improves(trainer.history().back())) return;
    save_();
    best_epoch_ = trainer.history().back().epoch;
  }

  /// Saves or loads what is known of the best epoch: see train/archive.hpp.
  template <class Archive>
  void serialize(Archive& archive) {
    best_.serialize(archive);
    archive("best_epoch", best_epoch_);
  }

  /// The epoch that was saved last, 0 before the first.
  Index best_epoch() const { return best_epoch_; }

 private:
  Save save_;
  detail::BestSoFar best_;
  Index best_epoch_ = 0;
};

}  // namespace gradus
