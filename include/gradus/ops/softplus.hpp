// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/activation_functions.hpp>
#include <gradus/ops/detail/map.hpp>

/// Softplus, a smooth rectifier (Dugas et al., 2001), element by element: any shape. As in PyTorch, it is the
/// identity where b x exceeds the threshold.
namespace gradus::ops {

/// Applies softplus. Throws ShapeError unless the shapes are equal.
/// `y = log(1 + exp(b x)) / b`, and x where b x exceeds the threshold
template <class Scalar>
void softplus(Input<Scalar> x, double beta, double threshold, TensorView<Scalar> y) {
  check_shape("softplus", "output", y.shape(), x.shape());
  detail::map(detail::Softplus<Scalar>{static_cast<Scalar>(beta), static_cast<Scalar>(threshold)}, y, x);
}

/// Computes the gradient of softplus from its input. Throws ShapeError unless the shapes are equal.
/// `dL/dx = dL/dy / (1 + exp(-b x))`, and dL/dy where b x exceeds the threshold
template <class Scalar>
void softplus_backward(Input<Scalar> x, Input<Scalar> dy, double beta, double threshold,
                       TensorView<Scalar> dx) {
  detail::check_gradients("softplus_backward", x.shape(), dy.shape(), dx.shape());
  detail::map(detail::SoftplusBackward<Scalar>{static_cast<Scalar>(beta), static_cast<Scalar>(threshold)}, dx,
              x, dy);
}

}  // namespace gradus::ops
