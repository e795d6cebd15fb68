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

/// The curve of OneCycle between its turning points.
enum class Anneal { cosine, linear };

/// From `1 / div_factor` up to 1, then down to `1 / (div_factor final_div_factor)`, while the momentum makes
/// the opposite way (Smith and Topin 2017, https://arxiv.org/abs/1708.07120). PyTorch's OneCycleLR, whose
/// `max_lr` is the base learning rate here; past the last step the last value stays.
struct OneCycle {
  /// Steps of the whole cycle.
  Index total_steps;
  double pct_start = 0.3;  ///< the part of the steps spent on the way up
  /// The highest rate divided by the first.
  double div_factor = 25;
  /// The first rate divided by the last.
  double final_div_factor = 1e4;
  /// The shape of the way up and down.
  Anneal anneal = Anneal::cosine;
  bool three_phase = false;  ///< down to `1 / div_factor` in as many steps as up, and then on to the end
  /// Whether the momentum goes down while the rate goes up.
  bool cycle_momentum = false;
  double base_momentum = 0.85;  ///< where the rate is highest
  double max_momentum = 0.95;   ///< where the rate is lowest

  /// Returns the factor of the learning rate in a step, counted from 0.
  double operator()(Index step) const {
    const double initial = 1 / div_factor;
    return value(step, {initial, 1, initial, initial / final_div_factor});
  }
  /// The momentum at a step. Scheduler sets it if `cycle_momentum` is set.
  double momentum(Index step) const {
    return value(step, {max_momentum, base_momentum, max_momentum, max_momentum});
  }

 private:
  /// Anneals from each of the values to the next; two phases leave out the third.
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
    // Where multiply and subtract are fused, pct_start * total_steps - 1 is not quite 0 when it should be: a
    // phase that short is none.
    constexpr double shortest = 1e-9;
    const double progress = to - from > shortest ? (now - from) / (to - from) : 1;
    return anneal == Anneal::cosine ? detail::anneal_cosine(start, end, progress)
                                    : std::fma(end - start, progress, start);
  }
};

}  // namespace gradus::optim
