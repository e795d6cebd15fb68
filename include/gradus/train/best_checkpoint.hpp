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
  explicit BestCheckpoint(Save save, Monitor monitor = Monitor::validation_loss)
      : save_(std::move(save)), best_(monitor) {}

  /// Is called by the trainer.
  template <class Trainer>
  void on_epoch(Trainer& trainer) {
    if (!best_.improves(trainer.history().back())) return;
    save_();
    best_epoch_ = trainer.history().back().epoch;
  }

  /// The epoch that was saved last, 0 before the first.
  Index best_epoch() const { return best_epoch_; }

 private:
  Save save_;
  detail::BestSoFar best_;
  Index best_epoch_ = 0;
};

}  // namespace gradus
