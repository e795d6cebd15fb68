// SPDX-License-Identifier: MIT

#pragma once

#include <concepts>
#include <string>
#include <utility>

#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>

namespace gradus::optim {

/// A function from the step 0, 1, 2, ... (a batch or an epoch, as the caller chooses) to the factor by which
/// the base learning rate is multiplied. It has no state; a lambda is enough. The library's schedules throw
/// ArgumentError when called with a setting out of range or a negative step.
template <class S>
concept Schedule = std::copy_constructible<S> && requires(const S& schedule, Index step) {
  { schedule(step) } -> std::convertible_to<double>;
};

/// Returns a schedule that follows `first` before step `switch_at`, then `second` from its step 0 on, such as
/// a warm-up and a decay. Throws ArgumentError if `switch_at` is negative.
///
///     sequence(LinearWarmup{.steps = 5}, 5, CosineAnnealing{.steps = 95})
template <Schedule First, Schedule Second>
auto sequence(First first, Index switch_at, Second second) {
  if (switch_at < 0) {
    throw ArgumentError("sequence: switch_at is " + std::to_string(switch_at) + ", expected 0 or more");
  }
  return [first = std::move(first), switch_at, second = std::move(second)](Index step) -> double {
    return step < switch_at ? first(step) : second(step - switch_at);
  };
}

/// Returns the product of two schedules.
template <Schedule First, Schedule Second>
auto product(First first, Second second) {
  return [first = std::move(first), second = std::move(second)](Index step) -> double {
    return first(step) * second(step);
  };
}

namespace detail {

/// Throws ArgumentError for a negative step.
inline void check_step(const char* schedule, Index step) {
  if (step >= 0) return;
  throw ArgumentError(std::string(schedule) + ": step is " + std::to_string(step) + ", expected 0 or more");
}

/// Throws ArgumentError unless the number of steps is positive.
inline void check_steps(const char* schedule, const char* option, Index got) {
  if (got > 0) return;
  throw ArgumentError(std::string(schedule) + ": " + option + " is " + std::to_string(got) +
                      ", expected 1 or more");
}

}  // namespace detail
}  // namespace gradus::optim
