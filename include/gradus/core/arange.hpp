// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>

/// The elements of an arithmetic sequence, for `Tensor::arange`.
namespace gradus::detail {

template <class T>
[[noreturn]] void throw_range(T begin, T end, T step) {
  const auto text = [](T x) {
    if constexpr (std::integral<T>) {
      return std::to_string(x);
    } else {
      return format_shortest(x);
    }
  };
  throw ArgumentError("arange: begin is " + text(begin) + ", end is " + text(end) + " and step is " +
                      text(step) + ", expected finite numbers that give at most " +
                      std::to_string(std::numeric_limits<Index>::max()) + " elements");
}

/// Returns how many of begin, begin + step, ... come before end. Exact over the whole range of T.
template <std::integral T>
Index arange_count(T begin, T end, T step) {
  const bool rises = step > T{};
  if (rises ? begin >= end : begin <= end) return 0;
  // Unsigned differences do not overflow, whatever the signs.
  const auto from = static_cast<std::uint64_t>(begin), to = static_cast<std::uint64_t>(end);
  const auto by = static_cast<std::uint64_t>(step);
  const std::uint64_t distance = rises ? to - from : from - to, stride = rises ? by : std::uint64_t{0} - by;
  const std::uint64_t count = distance / stride + (distance % stride > 0 ? 1 : 0);
  if (count > static_cast<std::uint64_t>(std::numeric_limits<Index>::max())) throw_range(begin, end, step);
  return static_cast<Index>(count);
}

/// Returns begin + i step for 0 <= i < count.
template <std::integral T>
T arange_number(T begin, Index i, T step) {
  return static_cast<T>(static_cast<std::uint64_t>(begin) +
                        static_cast<std::uint64_t>(i) * static_cast<std::uint64_t>(step));
}

/// The type in which floating-point sequences are computed, as in PyTorch.
template <std::floating_point T>
using ArangeScalar = std::common_type_t<T, double>;

template <std::floating_point T>
Index arange_count(T begin, T end, T step) {
  if (!std::isfinite(begin) || !std::isfinite(end) || !std::isfinite(step)) throw_range(begin, end, step);
  if (step > 0 ? begin >= end : begin <= end) return 0;
  const ArangeScalar<T> from = begin, to = end, by = step, distance = to - from;
  const auto quotient = std::isfinite(distance) ? distance / by : to / by - from / by;
  // At least 1, because begin itself comes before end even if the quotient underflows.
  const auto count = std::max(std::ceil(quotient), ArangeScalar<T>{1});
  if (!(count < -static_cast<ArangeScalar<T>>(std::numeric_limits<Index>::min())))
    throw_range(begin, end, step);
  return static_cast<Index>(count);
}

template <std::floating_point T>
T arange_number(T begin, Index i, T step) {
  const ArangeScalar<T> from = begin, by = step;
  return static_cast<T>(from + static_cast<ArangeScalar<T>>(i) * by);
}

}  // namespace gradus::detail
