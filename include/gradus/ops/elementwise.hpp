// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>

#include <gradus/core/index.hpp>
#include <gradus/core/simd/exp.hpp>
#include <gradus/core/simd/log.hpp>
#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/sqrt.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/map.hpp>

/// Element-wise functions of one variable, except those of activation.hpp. Any shape; input and output may
/// share memory. A backward function reads whichever of x and y gives the derivative in fewer operations.
/// Subnormal numbers, infinities and NaN are treated as in IEEE 754 and PyTorch.
namespace gradus::ops {

namespace detail {

struct Exp {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return exp(x);
  }
};
struct Log {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return log(x);
  }
};
struct Sqrt {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return sqrt(x);
  }
};
struct SqrtBackward {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& y, const P& dy) const {
    return dy / (2 * y);
  }
};
struct Product {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& a, const P& b) const {
    return a * b;
  }
};
struct Quotient {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& a, const P& b) const {
    return a / b;
  }
};

template <class Scalar>
struct Lerp {
  Scalar share;
  template <class P>
  [[gnu::always_inline]] void operator()(P& y, const P& x) const {
    y = multiply_add(simd::broadcast<Scalar, P::size>(share), x - y, y);
  }
};

}  // namespace detail

/// Applies the exponential function. Throws ShapeError unless the shapes are equal.
/// `y = exp(x)`
template <class Scalar>
void exp(Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("exp", "output", y.shape(), x.shape());
  detail::map(detail::Exp{}, y, x);
}

/// Computes the gradient of exp from its output. Throws ShapeError unless the shapes are equal.
/// `dL/dx = dL/dy y`
template <class Scalar>
void exp_backward(Input<Scalar> y, Input<Scalar> dy, TensorView<Scalar> dx) {
  detail::check_gradients("exp_backward", y.shape(), dy.shape(), dx.shape());
  detail::map(detail::Product{}, dx, dy, y);
}

/// Applies the natural logarithm. Throws ShapeError unless the shapes are equal.
/// `y = log(x)`
template <class Scalar>
void log(Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("log", "output", y.shape(), x.shape());
  detail::map(detail::Log{}, y, x);
}

/// Computes the gradient of log from its input. Throws ShapeError unless the shapes are equal.
/// `dL/dx = dL/dy / x`
template <class Scalar>
void log_backward(Input<Scalar> x, Input<Scalar> dy, TensorView<Scalar> dx) {
  detail::check_gradients("log_backward", x.shape(), dy.shape(), dx.shape());
  detail::map(detail::Quotient{}, dx, dy, x);
}

/// Applies the square root. Throws ShapeError unless the shapes are equal.
/// `y = sqrt(x)`
template <class Scalar>
void sqrt(Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("sqrt", "output", y.shape(), x.shape());
  detail::map(detail::Sqrt{}, y, x);
}

/// Computes the gradient of sqrt from its output. Throws ShapeError unless the shapes are equal.
/// `dL/dx = dL/dy / (2 y)`
template <class Scalar>
void sqrt_backward(Input<Scalar> y, Input<Scalar> dy, TensorView<Scalar> dx) {
  detail::check_gradients("sqrt_backward", y.shape(), dy.shape(), dx.shape());
  detail::map(detail::SqrtBackward{}, dx, y, dy);
}

/// Moves y towards x by a share of the distance, in place. Throws ShapeError unless the shapes are equal.
/// `y += share (x - y)`
template <class Scalar>
void lerp(Scalar share, Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("lerp", "output", y.shape(), x.shape());
  simd::update(detail::Lerp<Scalar>{share}, x.size(), y.data(), x.data());
}

/// Raises each element to the power p. Throws ShapeError unless the shapes are equal.
/// `y = x^p`
template <class Scalar>
void pow(Input<Scalar> x, Scalar exponent, TensorView<Scalar> y) {
  check_shape("pow", "output", y.shape(), x.shape());
  const Scalar* in = x.data();
  Scalar* out = y.data();
  for (Index i = 0; i < x.size(); ++i) out[i] = std::pow(in[i], exponent);
}

/// Computes the gradient of pow from its input. Throws ShapeError unless the shapes are equal.
/// `dL/dx = dL/dy p x^(p - 1)`, and 0 if p = 0
template <class Scalar>
void pow_backward(Input<Scalar> x, Scalar exponent, Input<Scalar> dy, TensorView<Scalar> dx) {
  detail::check_gradients("pow_backward", x.shape(), dy.shape(), dx.shape());
  const bool constant = !(exponent < 0 || exponent > 0);
  const Scalar* in = x.data();
  const Scalar* up = dy.data();
  Scalar* down = dx.data();
  for (Index i = 0; i < x.size(); ++i) {
    down[i] = constant ? Scalar{0} : up[i] * (exponent * std::pow(in[i], exponent - 1));
  }
}

/// Computes the absolute value. Throws ShapeError unless the shapes are equal.
/// `y = |x|`
template <class Scalar>
void abs(Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("abs", "output", y.shape(), x.shape());
  y.array() = x.array().abs();
}

/// Computes the gradient of abs from its input. Throws ShapeError unless the shapes are equal.
/// `dL/dx = dL/dy sign(x)`; the derivative at 0 and at NaN is 0, as in PyTorch
template <class Scalar>
void abs_backward(Input<Scalar> x, Input<Scalar> dy, TensorView<Scalar> dx) {
  detail::check_gradients("abs_backward", x.shape(), dy.shape(), dx.shape());
  const Scalar* in = x.data();
  const Scalar* up = dy.data();
  Scalar* down = dx.data();
  for (Index i = 0; i < x.size(); ++i) {
    down[i] = up[i] * (static_cast<Scalar>(in[i] > 0) - static_cast<Scalar>(in[i] < 0));
  }
}

/// Limits each element to [low, high]. Throws ShapeError unless the shapes are equal.
/// `y = min(max(x, low), high)`, and NaN where x is NaN
template <class Scalar>
void clamp(Input<Scalar> x, Scalar low, Scalar high, TensorView<Scalar> y) {
  check_shape("clamp", "output", y.shape(), x.shape());
  const Scalar* in = x.data();
  Scalar* out = y.data();
  for (Index i = 0; i < x.size(); ++i) out[i] = in[i] > high ? high : in[i] < low ? low : in[i];
}

/// Computes the gradient of clamp from its input. Throws ShapeError unless the shapes are equal.
/// `dL/dx = dL/dy where low <= x <= high, else 0` (also where x is NaN)
template <class Scalar>
void clamp_backward(Input<Scalar> x, Scalar low, Scalar high, Input<Scalar> dy, TensorView<Scalar> dx) {
  detail::check_gradients("clamp_backward", x.shape(), dy.shape(), dx.shape());
  const Scalar* in = x.data();
  const Scalar* up = dy.data();
  Scalar* down = dx.data();
  for (Index i = 0; i < x.size(); ++i) down[i] = low <= in[i] && in[i] <= high ? up[i] : Scalar{0};
}

}  // namespace gradus::ops
