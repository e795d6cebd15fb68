// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include <gradus/optim/schedule/schedule.hpp>

namespace gradus::optim {

/// A schedule that multiplies the factor by gamma every `step_size` steps; PyTorch's StepLR.
struct StepDecay {
  /// The number of steps between reductions.
  Index step_size;
  /// The factor of each reduction.
  double gamma = 0.1;

  /// Returns the factor of the learning rate for a step, counted from 0.
  double operator()(Index step) const {
    detail::check_step("StepDecay", step);
    detail::check_steps("StepDecay", "step_size", step_size);
    const Index decays = step / step_size;
    return std::pow(gamma, static_cast<double>(decays));
  }
};

/// A schedule that multiplies the factor by gamma at each milestone; PyTorch's MultiStepLR.
struct MultiStepDecay {
  std::vector<Index> milestones;  ///< in any order
  /// The factor of each reduction.
  double gamma = 0.1;

  /// Returns the factor of the learning rate for a step, counted from 0.
  double operator()(Index step) const {
    detail::check_step("MultiStepDecay", step);
    const auto passed = std::ranges::count_if(milestones, [=](Index milestone) { return milestone <= step; });
    return std::pow(gamma, static_cast<double>(passed));
  }
};

/// A schedule that multiplies the factor by gamma in every step; PyTorch's ExponentialLR.
struct ExponentialDecay {
  /// The factor of each reduction.
  double gamma;

  /// Returns the factor of the learning rate for a step, counted from 0.
  double operator()(Index step) const {
    detail::check_step("ExponentialDecay", step);
    return std::pow(gamma, static_cast<double>(step));
  }
};

}  // namespace gradus::optim
