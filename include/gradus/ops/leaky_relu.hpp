// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/activation_functions.hpp>
#include <gradus/ops/detail/map.hpp>

/// The leaky rectifier (Maas et al., 2013), element by element: any shape.
namespace gradus::ops {

/// Applies the leaky rectifier with slope a below 0. Throws ShapeError unless the shapes are equal.
/// `y = x where x > 0, else a x`
template <class Scalar>
void leaky_relu(Input<Scalar> x, double slope, TensorView<Scalar> y) {
  check_shape("leaky_relu", "output", y.shape(), x.shape());
  detail::map(detail::LeakyRelu<Scalar>{static_cast<Scalar>(slope)}, y, x);
}

/// Computes the gradient of leaky_relu from its input. Throws ShapeError unless the shapes are equal.
/// `dL/dx = dL/dy where x > 0, else a dL/dy`
template <class Scalar>
void leaky_relu_backward(Input<Scalar> x, Input<Scalar> dy, double slope, TensorView<Scalar> dx) {
  detail::check_gradients("leaky_relu_backward", x.shape(), dy.shape(), dx.shape());
  detail::map(detail::LeakyReluBackward<Scalar>{static_cast<Scalar>(slope)}, dx, x, dy);
}

}  // namespace gradus::ops
