// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <cmath>
#include <limits>

#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/broadcast.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/strided.hpp>

namespace gradus::ops {

/// Which element a reduction takes: the smallest or the largest.
enum class Extremum { minimum, maximum };

/// Reduces x to the shape of y by taking the largest or smallest element: `[2, 3] -> [3]`. NaN propagates;
/// the extremum of no elements is infinite. Throws ShapeError. Tied elements share the gradient equally.
/// `y_j = max_i x_(i,j)`, `dL/dx = dL/dy [x = y] / (number of such x)`
template <class Scalar>
void extremum_to(Extremum which, Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("extremum_to", "input", x.shape(), broadcast_shape("extremum_to", y.shape(), x.shape()));
  const Scalar sign = which == Extremum::maximum ? Scalar{1} : Scalar{-1};
  y.array().setConstant(-sign * std::numeric_limits<Scalar>::infinity());
  const std::array strides{detail::row_major_strides(x.shape()),
                           detail::broadcast_strides(y.shape(), x.shape())};
  detail::for_each_run(x.shape(), strides, [&](const auto& at, Index count, const auto& step) {
    for (Index i = 0; i < count; ++i) {
      const Scalar in = x.data()[at[0] + i * step[0]];
      Scalar& out = y.data()[at[1] + i * step[1]];
      if (!(sign * in <= sign * out) && !std::isnan(out)) out = in;
    }
  });
}

}  // namespace gradus::ops
