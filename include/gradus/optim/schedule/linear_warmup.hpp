// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>

#include <gradus/optim/schedule/schedule.hpp>

namespace gradus::optim {

/// A schedule that goes linearly from `start_factor` to `end_factor` in `steps` steps, then stays constant;
/// PyTorch's LinearLR.
struct LinearWarmup {
  /// The number of steps until `end_factor`.
  Index steps;
  /// The factor in step 0.
  double start_factor = 1.0 / 3;
  /// The factor from step `steps` on.
  double end_factor = 1;

  /// Returns the factor of the learning rate for a step, counted from 0.
  double operator()(Index step) const {
    detail::check_step("LinearWarmup", step);
    detail::check_steps("LinearWarmup", "steps", steps);
    const double progress = static_cast<double>(std::min(step, steps)) / static_cast<double>(steps);
    return std::fma(end_factor - start_factor, progress, start_factor);
  }
};

}  // namespace gradus::optim
