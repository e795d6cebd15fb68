// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>

#include <gradus/ops/detail/sum.hpp>

namespace gradus::ops::detail {

/// A mean with twice the precision of Scalar, `mean + rest`, as needed when the mean is large compared with
/// the standard deviation.
template <class Scalar>
struct LongMean {
  Scalar mean, rest;
};

/// Returns the mean of numbers whose differences from `shift`, one of them, add up to `sum_shifted`.
/// Differences of close numbers are exact, so a mean far from 0 costs no digits. `sum()` returns the sum of
/// the numbers themselves and is used if the differences overflow.
template <class Scalar, class SumOfAll>
LongMean<Scalar> shifted_mean(Scalar shift, Wide<Scalar> sum_shifted, Wide<Scalar> count,
                              const SumOfAll& sum) {
  Wide<Scalar> base = shift, more = sum_shifted / count;
  if (!std::isfinite(base + more)) base = sum() / count, more = 0;
  const auto mean = static_cast<Scalar>(base + more);
  return {mean, static_cast<Scalar>(base - static_cast<Wide<Scalar>>(mean) + more)};
}

}  // namespace gradus::ops::detail
