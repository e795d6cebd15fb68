// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <string>
#include <type_traits>
#include <utility>

#include <gradus/autograd/record.hpp>
#include <gradus/autograd/variable.hpp>
#include <gradus/ops/broadcast.hpp>

/// `+ - * /` of variables and numbers, with NumPy's broadcasting.
namespace gradus {

/// Repeats along axes: `[3] -> [2, 3]`. Throws ShapeError.
template <class Scalar>
Variable<Scalar> expand(const Variable<Scalar>& x, const Shape& shape);

/// Sums along axes, the transpose of expand: `[2, 3] -> [3]`. Throws ShapeError.
template <class Scalar>
Variable<Scalar> sum_to(const Variable<Scalar>& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  auto y = detail::Value<Scalar>::uninitialized(shape);
  ops::sum_to<Scalar>(x.value(), y.view());
  return detail::record("sum_to", std::move(y), x, [](const detail::Step<Scalar>& step) {
    step.give(0, expand(step.gradient(), step.input().shape()));
  });
}

template <class Scalar>
Variable<Scalar> expand(const Variable<Scalar>& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  auto y = detail::Value<Scalar>::uninitialized(shape);
  ops::expand<Scalar>(x.value(), y.view());
  return detail::record("expand", std::move(y), x, [](const detail::Step<Scalar>& step) {
    step.give(0, sum_to(step.gradient(), step.input().shape()));
  });
}

namespace detail {

/// Records y = f(a, b). Each formula of F is written once, for numbers, tensors and variables.
template <class Scalar, class F>
class BinaryNode final : public Node<Scalar> {
 public:
  BinaryNode(Value<Scalar> result, const Variable<Scalar>& a, const Variable<Scalar>& b)
      : Node<Scalar>(std::move(result)) {
    this->set_parents(a.node(), b.node());
    this->requires_grad = true;
  }

  std::string name() const override { return F::name; }

  void backward(Scalar dy, BackwardMode) override {
    Node<Scalar>&a = *this->few_parents[0], &b = *this->few_parents[1];
    const Scalar x = a.value.number(), z = b.value.number(), y = this->value.number();
    if (a.pass.wanted) a.receive(F::left(dy, x, z, y));
    if (b.pass.wanted) b.receive(F::right(dy, x, z, y));
  }

  void backward(const Variable<Scalar>& dy, BackwardMode) override {
    const Variable<Scalar> a(this->few_parents[0]), b(this->few_parents[1]), y{NodeRef<Scalar>(this)};
    if (a.node()->pass.wanted) a.node()->receive(sum_to(F::left(dy, a, b, y), a.shape()));
    if (b.node()->pass.wanted) b.node()->receive(sum_to(F::right(dy, a, b, y), b.shape()));
  }
};

template <class F, class Scalar>
Variable<Scalar> binary(const Variable<Scalar>& a, const Variable<Scalar>& b) {
  const Value<Scalar>&x = a.node()->value, &z = b.node()->value;
  const auto result = [&]() -> Value<Scalar> {
    if (x.is_number() && z.is_number()) return F{}(x.number(), z.number());
    auto y = Value<Scalar>::uninitialized(ops::broadcast_shape(F::name, a.shape(), b.shape()));
    ops::broadcast<Scalar>(F::name, F{}, x.view(), z.view(), y.view());
    return y;
  };
  if (!recording || !(a.requires_grad() || b.requires_grad())) return Variable<Scalar>(result());
  return Variable<Scalar>(NodeRef<Scalar>(new BinaryNode<Scalar, F>(result(), a, b)));
}

/// f of each pair of numbers, where an array has no such operation of its own.
template <class F, class A, class B>
auto for_pairs(F f, const A& a, const B& b) {
  if constexpr (std::is_arithmetic_v<A> && std::is_arithmetic_v<B>)
    return f(a, b);
  else if constexpr (std::is_arithmetic_v<A>)
    return b.unaryExpr([f, a](A x) { return f(a, x); });
  else if constexpr (std::is_arithmetic_v<B>)
    return a.unaryExpr([f, b](B x) { return f(x, b); });
  else
    return a.binaryExpr(b, f);
}

struct Add {
  static constexpr const char* name = "add";
  // y = a + b
  auto operator()(const auto& a, const auto& b) const { return a + b; }
  // dL/da = dL/db = dL/dy
  template <class T>
  static T left(const T& dy, const T&, const T&, const T&) {
    return dy;
  }
  template <class T>
  static T right(const T& dy, const T&, const T&, const T&) {
    return dy;
  }
};

struct Subtract {
  static constexpr const char* name = "subtract";
  // y = a - b
  auto operator()(const auto& a, const auto& b) const { return a - b; }
  // dL/da = dL/dy
  template <class T>
  static T left(const T& dy, const T&, const T&, const T&) {
    return dy;
  }
  // dL/db = -dL/dy
  template <class T>
  static T right(const T& dy, const T&, const T&, const T&) {
    return -dy;
  }
};

struct Multiply {
  static constexpr const char* name = "multiply";
  // y = a b
  auto operator()(const auto& a, const auto& b) const { return a * b; }
  // dL/da = dL/dy b
  template <class T>
  static T left(const T& dy, const T&, const T& b, const T&) {
    return dy * b;
  }
  // dL/db = dL/dy a
  template <class T>
  static T right(const T& dy, const T& a, const T&, const T&) {
    return dy * a;
  }
};

struct Divide {
  static constexpr const char* name = "divide";
  // y = a / b
  auto operator()(const auto& a, const auto& b) const { return a / b; }
  // dL/da = dL/dy / b
  template <class T>
  static T left(const T& dy, const T&, const T& b, const T&) {
    return dy / b;
  }
  // dL/db = -dL/dy y / b, where y / b comes first because dL/dy / b may overflow though y is 0
  template <class T>
  static T right(const T& dy, const T&, const T& b, const T& y) {
    return -(dy * (y / b));
  }
};

/// y = scale x + shift
template <class Scalar>
class LinearNode final : public Node<Scalar> {
 public:
  LinearNode(Value<Scalar> result, const Variable<Scalar>& x, Scalar scale)
      : Node<Scalar>(std::move(result)), scale_(scale) {
    this->set_parents(x.node());
    this->requires_grad = true;
  }

  std::string name() const override { return scale_ < 1 || scale_ > 1 ? "scale" : "shift"; }

  // dL/dx = scale dL/dy
  void backward(Scalar dy, BackwardMode) override { this->few_parents[0]->receive(scale_ * dy); }
  void backward(const Variable<Scalar>& dy, BackwardMode) override {
    this->few_parents[0]->receive(dy * scale_);
  }

 private:
  Scalar scale_;
};

template <class Scalar>
Variable<Scalar> linear(const Variable<Scalar>& x, Scalar scale, Scalar shift) {
  auto y = Value<Scalar>::uninitialized(x.shape());
  if (y.is_number())
    y.number() = scale * x.item() + shift;
  else
    y.view().array() = scale * x.value().array() + shift;
  if (!recording || !x.requires_grad()) return Variable<Scalar>(std::move(y));
  return Variable<Scalar>(NodeRef<Scalar>(new LinearNode<Scalar>(std::move(y), x, scale)));
}

}  // namespace detail

/// `a + b`, and so on below. Throw ShapeError for shapes that do not broadcast.
template <class Scalar>
Variable<Scalar> add(const Variable<Scalar>& a, const Variable<Scalar>& b) {
  return detail::binary<detail::Add>(a, b);
}
/// Returns a - b, broadcast.
template <class Scalar>
Variable<Scalar> subtract(const Variable<Scalar>& a, const Variable<Scalar>& b) {
  return detail::binary<detail::Subtract>(a, b);
}
/// Returns a b, element by element, broadcast.
template <class Scalar>
Variable<Scalar> multiply(const Variable<Scalar>& a, const Variable<Scalar>& b) {
  return detail::binary<detail::Multiply>(a, b);
}
/// Returns a / b, element by element, broadcast.
template <class Scalar>
Variable<Scalar> divide(const Variable<Scalar>& a, const Variable<Scalar>& b) {
  return detail::binary<detail::Divide>(a, b);
}

/// Returns x plus a number.
template <class Scalar, TensorScalar Number>
Variable<Scalar> add(const Variable<Scalar>& x, Number number) {
  return detail::linear(x, Scalar{1}, static_cast<Scalar>(number));
}
/// Returns x times a number.
template <class Scalar, TensorScalar Number>
Variable<Scalar> multiply(const Variable<Scalar>& x, Number number) {
  return detail::linear(x, static_cast<Scalar>(number), Scalar{0});
}
/// `-x`, under NumPy's name: `std::negate` is a type.
template <class Scalar>
Variable<Scalar> negative(const Variable<Scalar>& x) {
  return detail::linear(x, Scalar{-1}, Scalar{0});
}

}  // namespace gradus
