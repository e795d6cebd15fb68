// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>

#include <gradus/optim/schedule/schedule.hpp>

namespace gradus::optim {

/// From `start_factor` to `end_factor` in a straight line over `steps` steps, and constant from there on;
/// PyTorch's LinearLR.
struct LinearWarmup {
  /// Steps until the last factor.
  Index steps;
  /// The factor of the first step.
  double start_factor = 1.0 / 3;
  /// The factor after the last step.
  double end_factor = 1;

  /// Returns the factor of the learning rate in a step, counted from 0.
  double operator()(Index step) const {
    detail::check_step("LinearWarmup", step);
    detail::check_steps("LinearWarmup", "steps", steps);
    const double progress = static_cast<double>(std::min(step, steps)) / static_cast<double>(steps);
    return std::fma(end_factor - start_factor, progress, start_factor);
  }
};

}  // namespace gradus::optim
