#pragma once

#include <cmath>

#include <gradus/ops/detail/rows.hpp>

namespace gradus::ops::detail {

/// Writes exp(x - max(x)), which cannot overflow; returns the maximum. Entries equal to an infinite maximum
/// become 1, the others 0.
template <class Scalar>
Scalar shifted_exp(const ConstRowMap<Scalar>& x, RowMap<Scalar> y) {
  const Scalar highest = x.template maxCoeff<Eigen::PropagateNaN>();
  if (std::isinf(highest)) {
    for (Index i = 0; i < x.size(); ++i) y[i] = x[i] < highest ? Scalar{0} : Scalar{1};
  } else {
    y = (x - highest).exp();
  }
  return highest;
}

}  // namespace gradus::ops::detail
