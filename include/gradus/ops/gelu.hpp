// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <gradus/core/simd/exp.hpp>
#include <gradus/core/simd/float_bits.hpp>
#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/tanh.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/map.hpp>

/// The Gaussian error linear unit x P(X <= x), X ~ N(0, 1) (Hendrycks and Gimpel, 2016), and its tanh
/// approximation, element by element: any shape.
namespace gradus::ops {

namespace detail {

// y = x/2 erfc(-x / sqrt 2)
template <class Scalar>
Scalar exact_gelu(Scalar x) {
  // The limit at -infinity is 0; infinity times 0 would give NaN.
  const Scalar in = std::max(x, std::numeric_limits<Scalar>::lowest());
  return in / 2 * std::erfc(-std::numbers::sqrt2_v<Scalar> / 2 * in);
}

}  // namespace detail

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

namespace detail {

// 1/2 (1 + tanh(u)) = 1 / (1 + exp(-2u)),  2u = 2 sqrt(2/pi) (x + 0.044715 x^3)
template <class Scalar>
inline constexpr Scalar gelu_tanh_scale =
    2 * std::numbers::sqrt2_v<Scalar>* std::numbers::inv_sqrtpi_v<Scalar>;
template <class Scalar>
inline constexpr Scalar gelu_tanh_cubic = Scalar(0.044715);

struct GeluTanh {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    using Scalar = typename P::Scalar;
    const P twice_u = gelu_tanh_scale<Scalar> * x * (1 + gelu_tanh_cubic<Scalar> * x * x);
    // The limit at -infinity is 0; -infinity / infinity would give NaN.
    return max(std::numeric_limits<Scalar>::lowest(), x) / (1 + exp(-twice_u));
  }
};
struct GeluTanhBackward {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x, const P& dy) const {
    using Scalar = typename P::Scalar;
    constexpr Scalar scale = gelu_tanh_scale<Scalar>, cubic = gelu_tanh_cubic<Scalar>;
    // Beyond 100, s is 0 or 1 even in double; infinity would make a product NaN.
    const P bounded = min(100, max(-100, x));
    const P s = sigmoid(scale * bounded * (1 + cubic * bounded * bounded));
    return flush_subnormal(dy * s * (1 + bounded * (1 - s) * scale * (1 + 3 * cubic * bounded * bounded)));
  }
};

}  // namespace detail

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
