// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <limits>
#include <numbers>

#include <gradus/optim/schedule/schedule.hpp>

namespace gradus::optim {

namespace detail {

/// Interpolates from `start` to `end` along half a cosine wave as `progress` goes from 0 to 1.
inline double anneal_cosine(double start, double end, double progress) {
  return std::fma(start - end, (1 + std::cos(std::numbers::pi * progress)) / 2, end);
}

}  // namespace detail

/// A schedule that falls from 1 to `minimum` along half a cosine wave in `steps` steps, then rises again;
/// PyTorch's CosineAnnealingLR with `eta_min` as a fraction of the base rate.
struct CosineAnnealing {
  /// The number of steps to the minimum.
  Index steps;
  /// The lowest factor of the learning rate.
  double minimum = 0;

  /// Returns the factor of the learning rate for a step, counted from 0.
  double operator()(Index step) const {
    detail::check_step("CosineAnnealing", step);
    detail::check_steps("CosineAnnealing", "steps", steps);
    return detail::anneal_cosine(1, minimum, static_cast<double>(step) / static_cast<double>(steps));
  }
};

/// A schedule that falls from 1 to `minimum` along half a cosine wave and restarts, with each period `growth`
/// times as long as the previous one (SGDR, Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983);
/// PyTorch's CosineAnnealingWarmRestarts.
struct CosineWarmRestarts {
  /// The number of steps to the first restart.
  Index first_period;
  /// The factor from each period's length to the next.
  Index growth = 1;
  /// The lowest factor of the learning rate.
  double minimum = 0;

  /// Returns the factor of the learning rate for a step, counted from 0.
  double operator()(Index step) const {
    detail::check_step("CosineWarmRestarts", step);
    detail::check_steps("CosineWarmRestarts", "first_period", first_period);
    detail::check_steps("CosineWarmRestarts", "growth", growth);
    if (growth == 1) step %= first_period;
    // A period that would overflow Index is longer than any step, so the loop ends with it.
    constexpr Index longest = std::numeric_limits<Index>::max();
    Index period = first_period;
    auto length = static_cast<double>(period);
    while (step >= period) {
      step -= period;
      period = period > longest / growth ? longest : period * growth;
      length *= static_cast<double>(growth);
    }
    return detail::anneal_cosine(1, minimum, static_cast<double>(step) / length);
  }
};

}  // namespace gradus::optim
