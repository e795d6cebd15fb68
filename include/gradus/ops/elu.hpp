// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/activation_functions.hpp>
#include <gradus/ops/detail/map.hpp>

/// The exponential linear unit (Clevert et al., 2016), element by element: any shape.
namespace gradus::ops {

/// Applies the exponential linear unit. Throws ShapeError unless the shapes are equal.
/// `y = x where x > 0, else a (exp(x) - 1)`
template <class Scalar>
void elu(Input<Scalar> x, double alpha, TensorView<Scalar> y) {
  check_shape("elu", "output", y.shape(), x.shape());
  detail::map(detail::Elu<Scalar>{static_cast<Scalar>(alpha)}, y, x);
}

/// Computes the gradient of elu from its input, because y + a loses digits when y is close to -a. Throws
/// ShapeError unless the shapes are equal.
/// `dL/dx = dL/dy where x > 0, else a exp(x) dL/dy`
template <class Scalar>
void elu_backward(Input<Scalar> x, Input<Scalar> dy, double alpha, TensorView<Scalar> dx) {
  detail::check_gradients("elu_backward", x.shape(), dy.shape(), dx.shape());
  detail::map(detail::EluBackward<Scalar>{static_cast<Scalar>(alpha)}, dx, x, dy);
}

}  // namespace gradus::ops
