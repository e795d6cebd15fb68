// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <limits>
#include <numbers>

#include <gradus/optim/schedule/schedule.hpp>

namespace gradus::optim {

namespace detail {

/// From `start` to `end` along half a wave of the cosine, as progress goes from 0 to 1.
inline double anneal_cosine(double start, double end, double progress) {
  return std::fma(start - end, (1 + std::cos(std::numbers::pi * progress)) / 2, end);
}

}  // namespace detail

/// From 1 to `minimum` along half a cosine wave in `steps` steps, and up again after them; PyTorch's
/// CosineAnnealingLR with `eta_min` given as a fraction of the base rate.
struct CosineAnnealing {
  /// Steps until the minimum.
  Index steps;
  /// The last factor of the learning rate.
  double minimum = 0;

  /// Returns the factor of the learning rate in a step, counted from 0.
  double operator()(Index step) const {
    detail::check_step("CosineAnnealing", step);
    detail::check_steps("CosineAnnealing", "steps", steps);
    return detail::anneal_cosine(1, minimum, static_cast<double>(step) / static_cast<double>(steps));
  }
};

/// From 1 to `minimum` along half a cosine wave, again and again, each period `growth` times as long as the
/// one before it (SGDR, Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983); PyTorch's
/// CosineAnnealingWarmRestarts.
struct CosineWarmRestarts {
  /// Steps until the first restart.
  Index first_period;
  /// How many times as long each period is as the one before it.
  Index growth = 1;
  /// The last factor of the learning rate.
  double minimum = 0;

  /// Returns the factor of the learning rate in a step, counted from 0.
  double operator()(Index step) const {
    detail::check_step("CosineWarmRestarts", step);
    detail::check_steps("CosineWarmRestarts", "first_period", first_period);
    detail::check_steps("CosineWarmRestarts", "growth", growth);
    if (growth == 1) step %= first_period;
    // A period that does not fit an Index is longer than any step, so that the loop ends with it.
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
