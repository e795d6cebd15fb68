// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/activation_functions.hpp>
#include <gradus/ops/detail/map.hpp>

/// The sigmoid linear unit, also called swish (Elfwing et al., 2018), element by element: any shape.
namespace gradus::ops {

/// Applies the sigmoid linear unit. Throws ShapeError unless the shapes are equal.
/// `y = x / (1 + exp(-x))`
template <class Scalar>
void silu(Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("silu", "output", y.shape(), x.shape());
  detail::map(detail::Silu{}, y, x);
}

/// Computes the gradient of silu from its input. Throws ShapeError unless the shapes are equal.
/// `dL/dx = dL/dy s (1 + x (1 - s))`, `s = 1 / (1 + exp(-x))`
template <class Scalar>
void silu_backward(Input<Scalar> x, Input<Scalar> dy, TensorView<Scalar> dx) {
  detail::check_gradients("silu_backward", x.shape(), dy.shape(), dx.shape());
  detail::map(detail::SiluBackward{}, dx, x, dy);
}

}  // namespace gradus::ops
