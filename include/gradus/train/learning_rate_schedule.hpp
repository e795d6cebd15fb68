#pragma once

#include <utility>

#include <gradus/core/eigen.hpp>

namespace gradus {

/// How often a learning rate is set anew.
enum class Every { step, epoch };

/// Callback that sets the optimiser's learning rate to `rate(t)`, where t counts the steps or epochs that are
/// done: before the first it is `rate(0)`.
/// `trainer.add(LearningRateSchedule{[](Index epoch) { return 0.1 / (1.0 + epoch); }});`
template <class Rate>
class LearningRateSchedule {
 public:
  explicit LearningRateSchedule(Rate rate, Every every = Every::epoch)
      : rate_(std::move(rate)), every_(every) {}

  template <class Trainer>
  void on_begin(Trainer& trainer) {
    const auto& progress = trainer.progress();
    set(trainer, every_ == Every::step ? progress.step : progress.epoch);
  }
  template <class Trainer>
  void on_step(Trainer& trainer) {
    if (every_ == Every::step) set(trainer, trainer.progress().step);
  }
  template <class Trainer>
  void on_epoch(Trainer& trainer) {
    if (every_ == Every::epoch) set(trainer, trainer.progress().epoch);
  }

 private:
  template <class Trainer>
  void set(Trainer& trainer, Index time) {
    trainer.optimizer().set_learning_rate(rate_(time));
  }

  Rate rate_;
  Every every_;
};

}  // namespace gradus
