// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/activation_functions.hpp>
#include <gradus/ops/detail/map.hpp>

/// The Gaussian error linear unit x P(X <= x), X ~ N(0, 1) (Hendrycks and Gimpel, 2016), and its tanh
/// approximation, element by element: any shape.
namespace gradus::ops {

/// Applies the Gaussian error linear unit. Throws ShapeError unless the shapes are equal.
/// `y = x/2 (1 + erf(x / sqrt 2))`, computed with erfc(-x / sqrt 2), which stays accurate far below 0
template <class Scalar>
void gelu(Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("gelu", "output", y.shape(), x.shape());
  for (Index i = 0; i < x.size(); ++i) y.data()[i] = detail::exact_gelu(x.data()[i]);
}

/// Computes the gradient of gelu from its input. Throws ShapeError unless the shapes are equal.
/// `dL/dx = dL/dy (1/2 erfc(-x / sqrt 2) + x exp(-x^2 / 2) / sqrt(2 pi))`
template <class Scalar>
void gelu_backward(Input<Scalar> x, Input<Scalar> dy, TensorView<Scalar> dx) {
  detail::check_gradients("gelu_backward", x.shape(), dy.shape(), dx.shape());
  constexpr Scalar root_half = std::numbers::sqrt2_v<Scalar> / 2;
  constexpr Scalar density_at_0 = root_half * std::numbers::inv_sqrtpi_v<Scalar>;
  // Beyond this the second term is 0 even in double; infinity would make it NaN.
  constexpr Scalar limit = 100;
  for (Index i = 0; i < x.size(); ++i) {
    const Scalar in = std::clamp(x.data()[i], -limit, limit);
    dx.data()[i] =
        dy.data()[i] * std::fma(in * density_at_0, std::exp(-in * in / 2), std::erfc(-root_half * in) / 2);
  }
}

/// Applies the tanh approximation of the Gaussian error linear unit. Throws ShapeError unless the shapes are
/// equal. `y = x/2 (1 + tanh(u)) = x / (1 + exp(-2u))`, `2u = 2 sqrt(2/pi) (x + 0.044715 x^3)`
template <class Scalar>
void gelu_tanh(Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("gelu_tanh", "output", y.shape(), x.shape());
  detail::map(detail::GeluTanh{}, y, x);
}

/// Computes the gradient of gelu_tanh from its input. Throws ShapeError unless the shapes are equal.
/// `dL/dx = dL/dy s (1 + x (1 - s) d(2u)/dx)`, `s = 1 / (1 + exp(-2u))`
template <class Scalar>
void gelu_tanh_backward(Input<Scalar> x, Input<Scalar> dy, TensorView<Scalar> dx) {
  detail::check_gradients("gelu_tanh_backward", x.shape(), dy.shape(), dx.shape());
  detail::map(detail::GeluTanhBackward{}, dx, x, dy);
}

}  // namespace gradus::ops
