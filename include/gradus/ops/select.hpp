// SPDX-License-Identifier: MIT

#pragma once

#include <array>

#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/broadcast.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/strided.hpp>

namespace gradus::ops {

/// Compares two tensors with broadcasting; y has the shape they broadcast to. Throws ShapeError.
/// `y = f(a, b)`, true or false per element
template <class Scalar, class F>
void compare(F f, Input<Scalar> a, Input<Scalar> b, TensorView<bool> y) {
  check_shape("compare", "output", y.shape(), broadcast_shape("compare", a.shape(), b.shape()));
  const std::array strides{detail::broadcast_strides(a.shape(), y.shape()),
                           detail::broadcast_strides(b.shape(), y.shape()),
                           detail::row_major_strides(y.shape())};
  detail::for_each_run(y.shape(), strides, [&](const auto& at, Index count, const auto& step) {
    for (Index i = 0; i < count; ++i) {
      y.data()[at[2] + i * step[2]] = f(a.data()[at[0] + i * step[0]], b.data()[at[1] + i * step[1]]);
    }
  });
}

/// Selects between two tensors; y has the shape that all three broadcast to. Throws ShapeError. The gradients
/// are where(c, dy, 0) and where(c, 0, dy).
/// `y = a where the condition holds, else b`
template <class Scalar>
void where(TensorView<const bool> condition, Input<Scalar> a, Input<Scalar> b, TensorView<Scalar> y) {
  const Shape values = broadcast_shape("where", a.shape(), b.shape());
  check_shape("where", "output", y.shape(), broadcast_shape("where", condition.shape(), values));
  const std::array strides{detail::broadcast_strides(condition.shape(), y.shape()),
                           detail::broadcast_strides(a.shape(), y.shape()),
                           detail::broadcast_strides(b.shape(), y.shape()),
                           detail::row_major_strides(y.shape())};
  detail::for_each_run(y.shape(), strides, [&](const auto& at, Index count, const auto& step) {
    for (Index i = 0; i < count; ++i) {
      y.data()[at[3] + i * step[3]] = condition.data()[at[0] + i * step[0]] ? a.data()[at[1] + i * step[1]]
                                                                            : b.data()[at[2] + i * step[2]];
    }
  });
}

}  // namespace gradus::ops
