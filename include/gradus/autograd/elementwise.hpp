// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include <gradus/autograd/arithmetic.hpp>
#include <gradus/autograd/node.hpp>
#include <gradus/autograd/record.hpp>
#include <gradus/autograd/value.hpp>
#include <gradus/autograd/variable.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/activation.hpp>
#include <gradus/ops/elementwise.hpp>

/// Functions of one variable, applied element by element.
namespace gradus {

namespace detail {

/// Whether the derivative is expressed in the input or the output.
enum class Saved { input, output };

/// Returns dL/dx = F::backward(s, dL/dy), where s is the x or y of y = f(x). It is recorded like any other
/// operation, so that gradients can be differentiated again.
template <class Scalar, class F>
Variable<Scalar> slope(const F& f, const Variable<Scalar>& s, const Variable<Scalar>& dy) {
  auto dx = Value<Scalar>::uninitialized(s.shape());
  f.backward(s.value(), dy.value(), dx.view());
  // The slope is linear in dL/dy, so its derivative in that direction is the slope itself.
  return record(F::slope_name, std::move(dx), s, dy, [f](const Step<Scalar>& step) {
    const Variable<Scalar> saved = step.input(0), up = step.input(1);
    if constexpr (requires { f.curvature(saved, up); }) {
      if (step.wants(0)) step.give(0, step.gradient() * f.curvature(saved, up));
    }
    if (step.wants(1)) step.give(1, slope(f, saved, step.gradient()));
  });
}

template <class Scalar, class F>
class UnaryNode final : public Node<Scalar> {
 public:
  UnaryNode(Value<Scalar> result, const Variable<Scalar>& x, const F& f)
      : Node<Scalar>(std::move(result)), f_(f) {
    this->set_parents(x.node());
    this->requires_grad = true;
  }

  std::string name() const override { return F::name; }

  void backward(Scalar dy, BackwardMode) override {
    const Value<Scalar>& s = F::saved == Saved::input ? this->few_parents[0]->value : this->value;
    Scalar dx;
    const Shape shape;
    f_.backward(s.view(), TensorView<const Scalar>(&dy, shape), TensorView<Scalar>(&dx, shape));
    this->few_parents[0]->receive(dx);
  }

  void backward(const Variable<Scalar>& dy, BackwardMode) override {
    const Variable<Scalar> s(F::saved == Saved::input ? this->few_parents[0] : NodeRef<Scalar>(this));
    this->few_parents[0]->receive(slope(f_, s, dy));
  }

 private:
  F f_;
};

template <class Scalar, class F>
Variable<Scalar> unary(const F& f, const Variable<Scalar>& x) {
  auto y = Value<Scalar>::uninitialized(x.shape());
  f.forward(x.value(), y.view());
  if (!recording || !x.requires_grad()) return Variable<Scalar>(std::move(y));
  return Variable<Scalar>(NodeRef<Scalar>(new UnaryNode<Scalar, F>(std::move(y), x, f)));
}

/// Base of the functions without parameters: forwards to two kernels.
template <class Scalar, Saved which, void (*kernel)(Input<Scalar>, TensorView<Scalar>),
          void (*backward_kernel)(Input<Scalar>, Input<Scalar>, TensorView<Scalar>)>
struct Kernels {
  static constexpr Saved saved = which;
  void forward(Input<Scalar> x, TensorView<Scalar> y) const { kernel(x, y); }
  void backward(Input<Scalar> s, Input<Scalar> dy, TensorView<Scalar> dx) const {
    backward_kernel(s, dy, dx);
  }
};

// Each function provides `curvature` = d(dL/dx)/ds unless it is 0.

template <class Scalar>
struct Exp : Kernels<Scalar, Saved::output, ops::exp<Scalar>, ops::exp_backward<Scalar>> {
  static constexpr const char *name = "exp", *slope_name = "exp_backward";
  // d(dy y)/dy = dy
  Variable<Scalar> curvature(const Variable<Scalar>&, const Variable<Scalar>& dy) const { return dy; }
};

template <class Scalar>
struct Log : Kernels<Scalar, Saved::input, ops::log<Scalar>, ops::log_backward<Scalar>> {
  static constexpr const char *name = "log", *slope_name = "log_backward";
  // d(dy / x)/dx = -dy / x^2
  Variable<Scalar> curvature(const Variable<Scalar>& x, const Variable<Scalar>& dy) const {
    return -(dy / x / x);  // x^2 could overflow or underflow
  }
};

template <class Scalar>
struct Sqrt : Kernels<Scalar, Saved::output, ops::sqrt<Scalar>, ops::sqrt_backward<Scalar>> {
  static constexpr const char *name = "sqrt", *slope_name = "sqrt_backward";
  // d(dy / (2 y))/dy = -dy / (2 y^2)
  Variable<Scalar> curvature(const Variable<Scalar>& y, const Variable<Scalar>& dy) const {
    return dy / (y * y) * Scalar{-0.5};
  }
};

template <class Scalar>
struct Tanh : Kernels<Scalar, Saved::output, ops::tanh<Scalar>, ops::tanh_backward<Scalar>> {
  static constexpr const char *name = "tanh", *slope_name = "tanh_backward";
  // d(dy (1 - y^2))/dy = -2 dy y
  Variable<Scalar> curvature(const Variable<Scalar>& y, const Variable<Scalar>& dy) const {
    return dy * y * Scalar{-2};
  }
};

template <class Scalar>
struct Sigmoid : Kernels<Scalar, Saved::output, ops::sigmoid<Scalar>, ops::sigmoid_backward<Scalar>> {
  static constexpr const char *name = "sigmoid", *slope_name = "sigmoid_backward";
  // d(dy y (1 - y))/dy = dy (1 - 2 y)
  Variable<Scalar> curvature(const Variable<Scalar>& y, const Variable<Scalar>& dy) const {
    return dy * (y * Scalar{-2} + Scalar{1});
  }
};

template <class Scalar>
struct ReLU : Kernels<Scalar, Saved::output, ops::relu<Scalar>, ops::relu_backward<Scalar>> {
  static constexpr const char *name = "relu", *slope_name = "relu_backward";
};

template <class Scalar>
struct Abs : Kernels<Scalar, Saved::input, ops::abs<Scalar>, ops::abs_backward<Scalar>> {
  static constexpr const char *name = "abs", *slope_name = "abs_backward";
};

template <class Scalar>
struct Clamp {
  static constexpr const char *name = "clamp", *slope_name = "clamp_backward";
  static constexpr Saved saved = Saved::input;
  Scalar low, high;
  void forward(Input<Scalar> x, TensorView<Scalar> y) const { ops::clamp<Scalar>(x, low, high, y); }
  void backward(Input<Scalar> x, Input<Scalar> dy, TensorView<Scalar> dx) const {
    ops::clamp_backward<Scalar>(x, low, high, dy, dx);
  }
};

}  // namespace detail

/// Returns the exponential of each element.
template <class Scalar>
Variable<Scalar> exp(const Variable<Scalar>& x) {
  return detail::unary(detail::Exp<Scalar>{}, x);
}
/// Returns the natural logarithm of each element.
template <class Scalar>
Variable<Scalar> log(const Variable<Scalar>& x) {
  return detail::unary(detail::Log<Scalar>{}, x);
}
/// Returns the square root of each element.
template <class Scalar>
Variable<Scalar> sqrt(const Variable<Scalar>& x) {
  return detail::unary(detail::Sqrt<Scalar>{}, x);
}
/// Returns the hyperbolic tangent of each element.
template <class Scalar>
Variable<Scalar> tanh(const Variable<Scalar>& x) {
  return detail::unary(detail::Tanh<Scalar>{}, x);
}
/// Returns the logistic function 1 / (1 + exp(-x)) of each element.
template <class Scalar>
Variable<Scalar> sigmoid(const Variable<Scalar>& x) {
  return detail::unary(detail::Sigmoid<Scalar>{}, x);
}
/// Returns max(x, 0) of each element; the derivative at 0 is 0.
template <class Scalar>
Variable<Scalar> relu(const Variable<Scalar>& x) {
  return detail::unary(detail::ReLU<Scalar>{}, x);
}
/// Returns the absolute value of each element; the derivative at 0 is 0.
template <class Scalar>
Variable<Scalar> abs(const Variable<Scalar>& x) {
  return detail::unary(detail::Abs<Scalar>{}, x);
}
/// Returns x clamped to [low, high]. As in PyTorch, the derivative is 1 at the bounds and 0 at NaN. Throws
/// ArgumentError unless low <= high.
template <class Scalar, TensorScalar Low, TensorScalar High = Scalar>
Variable<Scalar> clamp(const Variable<Scalar>& x, Low low,
                       High high = std::numeric_limits<Scalar>::infinity()) {
  const detail::Clamp<Scalar> bounds{static_cast<Scalar>(low), static_cast<Scalar>(high)};
  if (!(bounds.low <= bounds.high)) {
    throw ArgumentError("clamp: bounds are " + format_shortest(bounds.low) + " and " +
                        format_shortest(bounds.high) + ", expected low <= high");
  }
  return detail::unary(bounds, x);
}

}  // namespace gradus
