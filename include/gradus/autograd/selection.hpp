// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <memory>
#include <type_traits>
#include <utility>

#include <gradus/autograd/arithmetic.hpp>
#include <gradus/autograd/broadcast.hpp>
#include <gradus/autograd/elementwise.hpp>
#include <gradus/autograd/record.hpp>
#include <gradus/autograd/value.hpp>
#include <gradus/autograd/variable.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/broadcast.hpp>
#include <gradus/ops/select.hpp>

/// Comparison and selection of variables, with broadcasting.
namespace gradus {

/// Returns true where a > b, as a condition for where. Has no gradient. (`std::greater` is a type.)
template <class Scalar>
Tensor<bool> greater_than(const Variable<Scalar>& a, const std::type_identity_t<Variable<Scalar>>& b) {
  auto y = Tensor<bool>::uninitialized(ops::broadcast_shape("greater_than", a.shape(), b.shape()));
  ops::compare<Scalar>([](Scalar x, Scalar z) { return x > z; }, a.value(), b.value(), y.view());
  return y;
}

namespace detail {

/// Returns true where f(a, b) holds. Has no gradient.
template <class Scalar, class F>
Tensor<bool> compared(F f, const Variable<Scalar>& a, const Variable<Scalar>& b) {
  auto y = Tensor<bool>::uninitialized(ops::broadcast_shape("compare", a.shape(), b.shape()));
  ops::compare<Scalar>(f, a.value(), b.value(), y.view());
  return y;
}

template <class Scalar>
Variable<Scalar> where(std::shared_ptr<const Tensor<bool>> condition, const Variable<Scalar>& a,
                       const Variable<Scalar>& b) {
  const Shape values = ops::broadcast_shape("where", a.shape(), b.shape());
  auto y = Value<Scalar>::uninitialized(ops::broadcast_shape("where", condition->shape(), values));
  ops::where<Scalar>(condition->view(), a.value(), b.value(), y.view());
  return record("where", std::move(y), a, b, [condition](const Step<Scalar>& step) {
    const Variable<Scalar>& dy = step.gradient();
    const Variable<Scalar> zero(Scalar{0});
    // dL/da = dL/dy where the condition holds, dL/db elsewhere
    if (step.wants(0)) step.give(0, sum_to(where(condition, dy, zero), step.input(0).shape()));
    if (step.wants(1)) step.give(1, sum_to(where(condition, zero, dy), step.input(1).shape()));
  });
}

}  // namespace detail

/// Returns a where the condition holds, else b: `where(greater_than(x, 0.0), x, 0.1 * x)`. Throws ShapeError.
template <class Scalar>
Variable<Scalar> where(Tensor<bool> condition, const Variable<Scalar>& a,
                       const std::type_identity_t<Variable<Scalar>>& b) {
  return detail::where(std::make_shared<const Tensor<bool>>(std::move(condition)), a, b);
}

namespace detail {

/// The share of the gradient that the first argument receives: 1 where a > b, 1/2 where they are equal, 0
/// where a < b. If either is NaN, both sides get 1, as in PyTorch: a gradient of 0 would hide that the run
/// has diverged.
struct Preference {
  template <class Scalar>
  static Scalar of(Scalar a, Scalar b) {
    return a < b ? Scalar{0} : a <= b ? Scalar{0.5} : Scalar{1};
  }
  auto operator()(const auto& a, const auto& b) const {
    return for_pairs([](auto x, auto z) { return of(x, z); }, a, b);
  }
};

template <FloatOrDouble Scalar>
Scalar preference(Scalar a, Scalar b) {
  return Preference::of(a, b);
}
template <class Scalar>
Variable<Scalar> preference(const Variable<Scalar>& a, const Variable<Scalar>& b) {
  auto y = Value<Scalar>::uninitialized(ops::broadcast_shape("preference", a.shape(), b.shape()));
  ops::broadcast<Scalar>("preference", Preference{}, a.value(), b.value(), y.view());
  return Variable<Scalar>(std::move(y));
}

struct Maximum {
  static constexpr const char* name = "maximum";
  // y = max(a, b), NaN where either is NaN
  auto operator()(const auto& a, const auto& b) const {
    return for_pairs([](auto x, auto z) { return x >= z || std::isnan(x) ? x : z; }, a, b);
  }
  // dL/da = dL/dy where a is larger, half of it in a tie
  template <class T>
  static T left(const T& dy, const T& a, const T& b, const T&) {
    return dy * preference(a, b);
  }
  template <class T>
  static T right(const T& dy, const T& a, const T& b, const T&) {
    return dy * preference(b, a);
  }
};

struct Minimum {
  static constexpr const char* name = "minimum";
  // y = min(a, b), NaN where either is NaN
  auto operator()(const auto& a, const auto& b) const {
    return for_pairs([](auto x, auto z) { return x <= z || std::isnan(x) ? x : z; }, a, b);
  }
  // dL/da = dL/dy where a is smaller, half of it in a tie
  template <class T>
  static T left(const T& dy, const T& a, const T& b, const T&) {
    return dy * preference(b, a);
  }
  template <class T>
  static T right(const T& dy, const T& a, const T& b, const T&) {
    return dy * preference(a, b);
  }
};

}  // namespace detail

/// Returns the larger of a and b, element by element, with broadcasting. NaN propagates. As in PyTorch, a tie
/// splits the gradient evenly, and where one is NaN, both receive all of it.
template <class Scalar>
Variable<Scalar> maximum(const Variable<Scalar>& a, const std::type_identity_t<Variable<Scalar>>& b) {
  return detail::binary<detail::Maximum>(a, b);
}
/// Returns the smaller of a and b, element by element, with broadcasting. Ties and NaN are treated as in
/// maximum.
template <class Scalar>
Variable<Scalar> minimum(const Variable<Scalar>& a, const std::type_identity_t<Variable<Scalar>>& b) {
  return detail::binary<detail::Minimum>(a, b);
}

}  // namespace gradus
