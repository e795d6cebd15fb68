// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/checked.hpp>
#include <gradus/core/error.hpp>
#include <gradus/optim/optimizer.hpp>
#include <gradus/optim/schedule/schedule.hpp>

namespace gradus::optim {

/// A scheduler that sets each group's learning rate to its base rate, the one it had when the scheduler was
/// created, times the schedule's factor.
///
///     Scheduler scheduler{sgd, CosineAnnealing{.steps = 10}};  // sets the rate of step 0
///     for (...) {
///       ...                // an epoch
///       scheduler.step();  // sets the next rate
///     }
///
/// A schedule with a momentum, such as OneCycle, also sets that. The optimiser must outlive the scheduler.
template <Optimizer O, Schedule S>
class Scheduler {
 public:
  /// Sets the rates of step 0. The optimiser must outlive the scheduler.
  Scheduler(O& optimizer, S schedule) : optimizer_(&optimizer), schedule_(std::move(schedule)) {
    for (Index group = 0; group < optimizer.group_count(); ++group) {
      base_rates_.push_back(optimizer.learning_rate(group));
    }
    set_step_count(0);
  }

  /// Sets the rates of the next step. Throws ArgumentError if the step count overflows.
  void step() { set_step_count(gradus::detail::checked_add("Scheduler", step_count_, 1)); }

  /// Returns the current step.
  Index step_count() const { return step_count_; }
  /// Moves to any step, for example to resume training. Throws ArgumentError if it is negative.
  void set_step_count(Index step) {
    if (step < 0) throw ArgumentError("Scheduler: step is " + std::to_string(step) + ", expected 0 or more");
    const double factor = schedule_(step);
    for (std::size_t group = 0; group < base_rates_.size(); ++group) {
      optimizer_->set_learning_rate(static_cast<Index>(group), base_rates_[group] * factor);
    }
    if constexpr (requires { optimizer_->set_momentum(schedule_.momentum(step)); }) {
      if (schedule_.cycle_momentum) optimizer_->set_momentum(schedule_.momentum(step));
    }
    step_count_ = step;
  }

  /// Saves or loads the base rates and the step count: see train/archive.hpp. The learning rates belong to
  /// the optimiser's state.
  template <class Archive>
  void serialize(Archive& archive) {
    archive.expect("groups", std::to_string(base_rates_.size()));
    for (std::size_t group = 0; group < base_rates_.size(); ++group)
      archive("base_rate." + std::to_string(group), base_rates_[group]);
    archive("step_count", step_count_);
  }

 private:
  O* optimizer_;
  S schedule_;
  std::vector<double> base_rates_;
  Index step_count_ = 0;
};

}  // namespace gradus::optim
