// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include <gradus/autograd/node.hpp>
#include <gradus/autograd/record.hpp>
#include <gradus/autograd/value.hpp>
#include <gradus/autograd/variable.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/ops/broadcast.hpp>

/// Binary operations on variables, with NumPy's broadcasting. The operators are in arithmetic.hpp and
/// selection.hpp.
namespace gradus {

/// Broadcasts x to a shape: `[3] -> [2, 3]`. Throws ShapeError.
template <class Scalar>
Variable<Scalar> expand(const Variable<Scalar>& x, const Shape& shape);

/// Sums x to a shape, the transpose of expand: `[2, 3] -> [3]`. Throws ShapeError.
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

/// The operation y = f(a, b). F implements each formula once, for numbers, tensors and variables:
/// `operator()(a, b)`, and `left(dy, a, b, y)` and `right(dy, a, b, y)` for dL/da and dL/db.
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

/// Applies f to each pair of numbers, for operations that Eigen's arrays lack.
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

}  // namespace detail
}  // namespace gradus
