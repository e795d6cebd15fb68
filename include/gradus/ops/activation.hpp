// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/activation_functions.hpp>
#include <gradus/ops/detail/map.hpp>

/// ReLU, sigmoid and tanh, element by element. Any shape; input and output may share memory. A backward
/// function reads the output y instead of the input x if the derivative can be expressed in y. Subnormal
/// gradients of sigmoid and tanh are flushed to 0, because they would slow down all earlier layers.
namespace gradus::ops {

/// Applies the rectified linear unit. Throws ShapeError unless the shapes are equal.
/// `y = max(x, 0)`, and NaN where x is NaN: a ReLU that hides NaN would hide a diverged run.
template <class Scalar>
void relu(Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("relu", "output", y.shape(), x.shape());
  detail::map(detail::Relu{}, y, x);
}

/// Computes the gradient of relu from its output. Throws ShapeError unless the shapes are equal.
/// `dL/dx = dL/dy where y > 0, else 0`; the derivative at 0 is 0.
template <class Scalar>
void relu_backward(Input<Scalar> y, Input<Scalar> dy, TensorView<Scalar> dx) {
  detail::check_gradients("relu_backward", y.shape(), dy.shape(), dx.shape());
  detail::map(detail::ReluBackward{}, dx, y, dy);
}

/// Applies the logistic function. Throws ShapeError unless the shapes are equal.
/// `y = 1 / (1 + exp(-x))`, with subnormal results flushed to 0
template <class Scalar>
void sigmoid(Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("sigmoid", "output", y.shape(), x.shape());
  detail::map(detail::Sigmoid{}, y, x);
}

/// Computes the gradient of sigmoid from its output. Throws ShapeError unless the shapes are equal.
/// `dL/dx = dL/dy y (1 - y)`
template <class Scalar>
void sigmoid_backward(Input<Scalar> y, Input<Scalar> dy, TensorView<Scalar> dx) {
  detail::check_gradients("sigmoid_backward", y.shape(), dy.shape(), dx.shape());
  detail::map(detail::SigmoidBackward{}, dx, y, dy);
}

/// Applies the hyperbolic tangent. Throws ShapeError unless the shapes are equal.
/// `y = tanh(x)`
template <class Scalar>
void tanh(Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("tanh", "output", y.shape(), x.shape());
  detail::map(detail::Tanh{}, y, x);
}

/// Computes the gradient of tanh from its output. Throws ShapeError unless the shapes are equal.
/// `dL/dx = dL/dy (1 - y^2)`
template <class Scalar>
void tanh_backward(Input<Scalar> y, Input<Scalar> dy, TensorView<Scalar> dx) {
  detail::check_gradients("tanh_backward", y.shape(), dy.shape(), dx.shape());
  detail::map(detail::TanhBackward{}, dx, y, dy);
}

}  // namespace gradus::ops
