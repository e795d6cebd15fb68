// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <gradus/core/index.hpp>
#include <gradus/optim/schedule/reduce_on_plateau.hpp>
#include <gradus/optim/schedule/schedule.hpp>
#include <gradus/train/monitor.hpp>

/// Learning rate schedules as callbacks:
///
///     trainer.add(EpochSchedule{optim::CosineAnnealing{.steps = 10}});
///     trainer.add(StepSchedule{optim::OneCycle{.total_steps = 2350}});
///     trainer.add(PlateauSchedule{{.factor = 0.5, .patience = 2}});
namespace gradus {

namespace detail {

/// A schedule that sets an optimiser's learning rates to those at the first fit times the schedule's factor.
template <optim::Schedule S>
class FollowedSchedule {
 public:
  explicit FollowedSchedule(S schedule) : schedule_(std::move(schedule)) {}

  template <class Optimizer>
  void begin(Optimizer& optimizer) {
    if (!base_rates_.empty()) return;  // further fits continue
    for (Index group = 0; group < optimizer.group_count(); ++group)
      base_rates_.push_back(optimizer.learning_rate(group));
    set(optimizer, 0);
  }
  template <class Optimizer>
  void step(Optimizer& optimizer) {
    set(optimizer, steps_ + 1);
  }
  template <class Archive>
  void serialize(Archive& archive) {
    archive("base_rates", base_rates_);
    archive("steps", steps_);
  }

 private:
  template <class Optimizer>
  void set(Optimizer& optimizer, Index step) {
    const double factor = schedule_(step);
    for (std::size_t group = 0; group < base_rates_.size(); ++group)
      optimizer.set_learning_rate(static_cast<Index>(group), base_rates_[group] * factor);
    if constexpr (requires { optimizer.set_momentum(schedule_.momentum(step)); }) {
      if (schedule_.cycle_momentum) optimizer.set_momentum(schedule_.momentum(step));
    }
    steps_ = step;
  }

  S schedule_;
  std::vector<double> base_rates_;
  Index steps_ = 0;
};

}  // namespace detail

/// A callback that follows a schedule per epoch: epoch i = 0, 1, ... of the trainer uses the learning rate at
/// its first fit times `schedule(i)`. A schedule with a momentum, such as OneCycle, also sets that. Further
/// fits continue the schedule.
template <optim::Schedule S>
class EpochSchedule {
 public:
  /// Takes the schedule.
  explicit EpochSchedule(S schedule) : followed_(std::move(schedule)) {}

  /// Called by the trainer.
  void on_begin(auto& trainer) { followed_.begin(trainer.optimizer()); }
  /// Called by the trainer.
  void on_epoch(auto& trainer) { followed_.step(trainer.optimizer()); }
  /// Saves or loads the state: see train/archive.hpp.
  template <class Archive>
  void serialize(Archive& archive) {
    followed_.serialize(archive);
  }

 private:
  detail::FollowedSchedule<S> followed_;
};

/// A callback that follows a schedule per step instead of per epoch.
template <optim::Schedule S>
class StepSchedule {
 public:
  /// Takes the schedule.
  explicit StepSchedule(S schedule) : followed_(std::move(schedule)) {}

  /// Called by the trainer.
  void on_begin(auto& trainer) { followed_.begin(trainer.optimizer()); }
  /// Called by the trainer.
  void on_step(auto& trainer) { followed_.step(trainer.optimizer()); }
  /// Saves or loads the state: see train/archive.hpp.
  template <class Archive>
  void serialize(Archive& archive) {
    followed_.serialize(archive);
  }

 private:
  detail::FollowedSchedule<S> followed_;
};

/// A callback that reduces the learning rates when a monitored metric stops improving: see ReduceOnPlateau.
class PlateauSchedule {
 public:
  /// Takes the options; the goal is that of the monitored metric. Throws what ReduceOnPlateau throws.
  explicit PlateauSchedule(optim::ReduceOnPlateauOptions options = {},
                           Monitored monitor = Monitor::validation_loss)
      : plateau_(with_goal(options, monitor)), monitor_(std::move(monitor)) {}

  /// Called by the trainer. Throws what Monitored::value throws.
  void on_epoch(auto& trainer) {
    plateau_.step(trainer.optimizer(), monitor_.value(trainer.history().back()));
  }
  /// Saves or loads the state: see train/archive.hpp.
  template <class Archive>
  void serialize(Archive& archive) {
    plateau_.serialize(archive);
  }

 private:
  static optim::ReduceOnPlateauOptions with_goal(optim::ReduceOnPlateauOptions options,
                                                 const Monitored& monitor) {
    options.goal = monitor.goal();
    return options;
  }

  optim::ReduceOnPlateau plateau_;
  Monitored monitor_;
};

}  // namespace gradus
