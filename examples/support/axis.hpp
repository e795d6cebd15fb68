// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>

#include <gradus/core/format.hpp>

#include "gnuplot.hpp"

namespace support::detail {

inline std::string number(double x) { return gradus::format_shortest(x); }

/// Returns a colour of the Okabe-Ito palette, which is distinguishable with all kinds of colour vision.
/// Darker colours come first.
inline std::string palette_colour(std::size_t i) {
  constexpr std::array colours{"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9"};
  return gnuplot_string(colours[i % colours.size()]);
}

/// Returns a pattern of stroke and gap lengths. A legend shows two periods of the longest pattern.
inline std::string dash_pattern(std::size_t i) {
  constexpr std::array patterns{"solid", "(8,5)", "(2,4)", "(12,4,2,4)", "(16,6)", "(8,4,2,4,2,4)"};
  return patterns[i % patterns.size()];
}

/// The smallest interval that contains some numbers.
struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void include(double x) {
    low = std::min(low, x);
    high = std::max(high, x);
  }
  bool empty() const { return !(low <= high); }
};

/// Returns a tick spacing of 1, 2 or 5 times a power of ten that divides a range into at most `most` parts.
inline double tic_step(double range, double most) {
  const double power = std::pow(10, std::floor(std::log10(range / most)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (range / (factor * power) < most + 1e-6) return factor * power;
  }
  return 10 * power;
}

/// Sets an axis' range and places ticks at multiples of `step`, all in the same notation.
inline std::string axis(const std::string& name, const Range& range, double step) {
  constexpr int most_decimals = 4;
  constexpr double most = 1e6;
  const double decimals = std::max(0.0, -std::floor(std::log10(step) + 1e-9));
  const bool is_plain =
      decimals <= most_decimals && std::max(std::abs(range.low), std::abs(range.high)) < most;
  std::string tics;
  const double first = std::ceil(range.low / step - 1e-9), last = std::floor(range.high / step + 1e-9);
  for (double k = first; k <= last; ++k) {
    const double at = k < 0 || k > 0 ? k * step : 0;
    const std::string label =
        is_plain ? gradus::format_fixed(at, static_cast<int>(decimals)) : gradus::format_general(at, 3);
    tics += (tics.empty() ? "" : ", ") + gnuplot_string(label) + " " + number(at);
  }
  return "unset logscale " + name + "\nset " + name + "range [" + number(range.low) + ":" +
         number(range.high) + "]\nset " + name + "tics (" + tics + ")\n";
}

/// Sets an axis of integers, such as epochs, from the smallest to the largest.
inline std::string whole_axis(const std::string& name, Range range, double most) {
  if (range.empty()) range = {0, 1};
  if (range.high - range.low < 1) range = {range.low - 0.5, range.high + 0.5};
  return axis(name, range, std::max(1.0, tic_step(range.high - range.low, most)));
}

/// Sets an axis that starts and ends at ticks, except where an end is fixed.
inline std::string linear_axis(const std::string& name, Range range, double most, bool moves_low,
                               bool moves_high) {
  if (range.empty()) range = {0, 1};
  if (!(range.high - range.low > 1e-6 * std::abs(range.high))) {
    const double size = std::max(std::abs(range.low), 1.0);
    range = {range.low - size / 2, range.low + size / 2};
  }
  const double step = tic_step(range.high - range.low, most);
  if (moves_low) range.low = std::floor(range.low / step + 1e-9) * step;
  if (moves_high) range.high = std::ceil(range.high / step - 1e-9) * step;
  return axis(name, range, step);
}

/// Sets an axis between powers of ten, with powers of ten as ticks.
inline std::string logarithmic_axis(const std::string& name, const Range& range, double most) {
  double low = range.empty() ? 0 : std::floor(std::log10(range.low) + 1e-9);
  const double high = range.empty() ? 1 : std::ceil(std::log10(range.high) - 1e-9);
  if (low >= high) low = high - 1;
  const double step = std::ceil((high - low) / most);
  std::string tics;
  for (double k = std::ceil(low / step) * step; k <= high; k += step) {
    tics += (tics.empty() ? "" : ", ") +
            ("'10^{" + gradus::format_fixed(k < 0 || k > 0 ? k : 0, 0) + "}' 1e") +
            gradus::format_fixed(k, 0);
  }
  return "set logscale " + name + "\nset " + name + "range [1e" + gradus::format_fixed(low, 0) + ":1e" +
         gradus::format_fixed(high, 0) + "]\nset " + name + "tics (" + tics + ")\n";
}

}  // namespace support::detail
