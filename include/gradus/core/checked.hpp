// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>

/// Integer arithmetic on untrusted sizes, counts and steps: overflow throws instead of wrapping.
namespace gradus::detail {

template <class ErrorType>
[[noreturn]] void throw_overflow(const char* what, Index a, const char* operation, Index b) {
  throw ErrorType(std::string(what) + ": " + std::to_string(a) + operation + std::to_string(b) +
                  " overflows, expected at most " + std::to_string(std::numeric_limits<Index>::max()));
}

/// Returns a + b. Throws ErrorType, with a message that starts with `what`, if the sum does not fit in an
/// Index.
template <class ErrorType = ArgumentError>
constexpr Index checked_add(const char* what, Index a, Index b) {
  const bool fits =
      b < 0 ? a >= std::numeric_limits<Index>::min() - b : a <= std::numeric_limits<Index>::max() - b;
  if (!fits) throw_overflow<ErrorType>(what, a, " + ", b);
  return a + b;
}

template <class From>
[[noreturn]] void throw_cast(const char* what, From number, int digits, bool is_signed) {
  throw ArgumentError(std::string(what) + ": " + std::to_string(number) + " does not fit in " +
                      (is_signed ? "a signed " : "an unsigned ") + std::to_string(digits + is_signed) +
                      "-bit integer");
}

/// Returns a number converted to another arithmetic type; fractions are truncated. Throws ArgumentError, with
/// a message that starts with `what`, if an integer type cannot hold it. A plain cast of such a number is
/// undefined for floating-point types and wraps for integers.
template <class To, class From>
To checked_cast(const char* what, From number) {
  using Limits = std::numeric_limits<To>;
  if constexpr (!std::is_same_v<To, bool> && std::is_integral_v<To> && std::is_floating_point_v<From>) {
    const From whole = std::trunc(number);
    // The bounds are powers of two, so they are exact in any floating-point type.
    const From above = std::ldexp(From{1}, Limits::digits), below = Limits::is_signed ? -above : From{0};
    if (!(whole >= below && whole < above)) throw_cast(what, number, Limits::digits, Limits::is_signed);
  } else if constexpr (!std::is_same_v<To, bool> && std::is_integral_v<To>) {
    const auto result = static_cast<To>(number);
    if (static_cast<From>(result) != number || (result < To{}) != (number < From{}))
      throw_cast(what, number, Limits::digits, Limits::is_signed);
  }
  return static_cast<To>(number);
}

/// Returns a / b rounded up, without the overflow of `(a + b - 1) / b` near the largest Index. Expects a >= 0
/// and b >= 1.
constexpr Index ceil_divide(Index a, Index b) { return a / b + (a % b > 0 ? 1 : 0); }

/// Returns whether [first, first + count) lies within [0, size), without computing the sum.
constexpr bool is_range_within(Index first, Index count, Index size) {
  return first >= 0 && count >= 0 && first <= size && count <= size - first;
}

}  // namespace gradus::detail
