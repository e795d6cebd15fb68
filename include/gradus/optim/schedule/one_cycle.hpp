// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/optim/schedule/cosine.hpp>
#include <gradus/optim/schedule/schedule.hpp>

namespace gradus::optim {

enum class Anneal { cosine, linear };

/// A schedule that rises from `1 / div_factor` to 1, then falls to `1 / (div_factor final_div_factor)`, while
/// the momentum moves the opposite way (Smith and Topin 2017, https://arxiv.org/abs/1708.07120). PyTorch's
/// OneCycleLR, with the base learning rate as `max_lr`; after the last step the value stays constant.
struct OneCycle {
  /// The number of steps in the cycle.
  Index total_steps;
  double pct_start = 0.3;  ///< fraction of the steps in which the rate rises
  /// The highest rate divided by the initial rate.
  double div_factor = 25;
  /// The initial rate divided by the final rate.
  double final_div_factor = 1e4;
  /// The shape of the rise and the fall.
  Anneal anneal = Anneal::cosine;
  bool three_phase = false;  ///< falls to `1 / div_factor` in as many steps as it rises, then to the end
  /// Whether the momentum falls while the rate rises.
  bool cycle_momentum = false;
  double base_momentum = 0.85;  ///< momentum at the highest rate
  double max_momentum = 0.95;   ///< momentum at the lowest rates

  /// Returns the factor of the learning rate for a step, counted from 0.
  double operator()(Index step) const {
    const double initial = 1 / div_factor;
    return value(step, {initial, 1, initial, initial / final_div_factor});
  }
  /// Returns the momentum for a step. Scheduler applies it if `cycle_momentum` is true.
  double momentum(Index step) const {
    return value(step, {max_momentum, base_momentum, max_momentum, max_momentum});
  }

 private:
  /// Anneals from each value to the next; with two phases, skips the third.
  double value(Index step, const std::array<double, 4>& values) const {
    detail::check_step("OneCycle", step);
    detail::check_steps("OneCycle", "total_steps", total_steps);
    if (!(pct_start >= 0 && pct_start <= 1)) {
      throw ArgumentError("OneCycle: pct_start is " + format_shortest(pct_start) +
                          ", expected one in [0, 1]");
    }
    if (!(div_factor > 0 && final_div_factor > 0)) {
      throw ArgumentError("OneCycle: div_factor and final_div_factor must be above 0");
    }
    const auto last = static_cast<double>(total_steps - 1);
    const double now = std::min(static_cast<double>(step), last);
    const double top = pct_start * static_cast<double>(total_steps) - 1;
    if (now <= top) return between(values[0], values[1], now, 0, top);
    if (!three_phase) return between(values[1], values[3], now, top, last);
    if (now <= 2 * top) return between(values[1], values[2], now, top, 2 * top);
    return between(values[2], values[3], now, 2 * top, last);
  }

  double between(double start, double end, double now, double from, double to) const {
    // With fused multiply-subtract, pct_start * total_steps - 1 may not be exactly 0 when it should be, so a
    // phase this short counts as empty.
    constexpr double shortest = 1e-9;
    const double progress = to - from > shortest ? (now - from) / (to - from) : 1;
    return anneal == Anneal::cosine ? detail::anneal_cosine(start, end, progress)
                                    : std::fma(end - start, progress, start);
  }
};

}  // namespace gradus::optim
