// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <limits>
#include <string>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>

namespace gradus::optim {

namespace detail {

[[noreturn]] inline void throw_option(const char* optimizer, const char* option, double got,
                                      const char* wanted) {
  throw ArgumentError(std::string(optimizer) + ": " + option + " is " + format_shortest(got) + ", expected " +
                      wanted);
}

}  // namespace detail

/// Throws ArgumentError unless the option is finite.
inline void check_finite(const char* optimizer, const char* option, double value) {
  if (!std::isfinite(value)) detail::throw_option(optimizer, option, value, "a finite number");
}

/// Throws ArgumentError unless the option is finite and not negative.
inline void check_not_negative(const char* optimizer, const char* option, double value) {
  if (!(value >= 0 && std::isfinite(value))) {
    detail::throw_option(optimizer, option, value, "a finite number >= 0");
  }
}

/// Throws ArgumentError unless the option is in [0, 1).
inline void check_fraction(const char* optimizer, const char* option, double value) {
  if (!(value >= 0 && value < 1)) detail::throw_option(optimizer, option, value, "a number in [0, 1)");
}

/// The largest step count that leaves room for one more step.
inline constexpr Index max_step_count = std::numeric_limits<Index>::max() - 1;

/// Throws ArgumentError unless the step count is in [0, max_step_count].
inline void check_step_count(const char* what, Index count) {
  if (count >= 0 && count <= max_step_count) return;
  throw ArgumentError(std::string(what) + ": step count is " + std::to_string(count) + ", expected 0 to " +
                      std::to_string(max_step_count));
}

}  // namespace gradus::optim
