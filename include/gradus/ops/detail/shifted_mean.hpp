// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>

#include <gradus/ops/detail/sum.hpp>

namespace gradus::ops::detail {

/// A mean with twice the digits of a Scalar: `mean + rest`. Numbers that are large compared with their
/// deviation need them.
template <class Scalar>
struct LongMean {
  Scalar mean, rest;
};

/// The mean of numbers whose differences from `shift`, one of them, add up to `sum_shifted`. Differences of
/// near numbers are exact, so no digits are lost to a mean far from 0. `sum()` returns the sum of the numbers
/// themselves, for the case that differences overflow.
template <class Scalar, class SumOfAll>
LongMean<Scalar> shifted_mean(Scalar shift, Wide<Scalar> sum_shifted, Wide<Scalar> count,
                              const SumOfAll& sum) {
  Wide<Scalar> base = shift, more = sum_shifted / count;
  if (!std::isfinite(base + more)) base = sum() / count, more = 0;
  const auto mean = static_cast<Scalar>(base + more);
  return {mean, static_cast<Scalar>(base - static_cast<Wide<Scalar>>(mean) + more)};
}

}  // namespace gradus::ops::detail
