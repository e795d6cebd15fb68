// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <memory>
#include <utility>

#include <gradus/autograd/arithmetic.hpp>
#include <gradus/autograd/broadcast.hpp>
#include <gradus/autograd/elementwise.hpp>
#include <gradus/autograd/node.hpp>
#include <gradus/autograd/selection.hpp>
#include <gradus/autograd/variable.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/elementwise.hpp>

/// Powers. Derivatives of every order at base 0 match PyTorch: 0 where the formula would be 0 times infinity.
namespace gradus {

namespace detail {

template <class Scalar>
struct Pow {
  static constexpr const char *name = "pow", *slope_name = "pow_backward";
  static constexpr Saved saved = Saved::input;
  Scalar exponent;
  void forward(Input<Scalar> x, TensorView<Scalar> y) const { ops::pow<Scalar>(x, exponent, y); }
  void backward(Input<Scalar> x, Input<Scalar> dy, TensorView<Scalar> dx) const {
    ops::pow_backward<Scalar>(x, exponent, dy, dx);
  }
  // d(dy p x^(p - 1))/dx = p (dy (p - 1) x^(p - 2)): the slope of the next lower power. For p = 0 the slope
  // is the constant 0; p times the slope of x^-1 would be NaN at x = 0.
  Variable<Scalar> curvature(const Variable<Scalar>& x, const Variable<Scalar>& dy) const {
    if (!(exponent < 0 || exponent > 0)) return Variable<Scalar>(Tensor<Scalar>(x.shape()));
    return slope(Pow{exponent - 1}, x, dy) * exponent;
  }
};

/// Returns f(x) where `is_plain`, otherwise `constant`. f sees 1 in place of the other elements, so that
/// neither f nor its derivatives can turn 0 times infinity into NaN there.
template <class Scalar, class F>
Variable<Scalar> where_plain(Tensor<bool> is_plain, Scalar constant, const Variable<Scalar>& x, const F& f) {
  const auto mask = std::make_shared<const Tensor<bool>>(std::move(is_plain));
  return where(mask, f(where(mask, x, Variable<Scalar>(Scalar{1}))), Variable<Scalar>(constant));
}

// Not in arithmetic.hpp, because its derivatives need log and where, which need arithmetic.
struct Power {
  static constexpr const char* name = "pow";
  // y = a^b
  auto operator()(const auto& a, const auto& b) const {
    return for_pairs([](auto base, auto exponent) { return std::pow(base, exponent); }, a, b);
  }

  // dL/da = dL/dy b a^(b - 1), and 0 where b = 0
  template <std::floating_point T>
  static T left(T dy, T a, T b, T) {
    return b == 0 ? T{0} : dy * (b * std::pow(a, b - 1));
  }
  template <class T>
  static Variable<T> left(const Variable<T>& dy, const Variable<T>& a, const Variable<T>& b,
                          const Variable<T>&) {
    // If b is a variable too, b a^(b - 1) has a derivative with respect to b even at b = 0.
    const bool both = recording && b.requires_grad();
    Tensor<bool> is_plain =
        compared([both](T base, T exponent) { return exponent != 0 || (both && std::isnormal(base)); }, a, b);
    const auto formula = [&](const Variable<T>& base) { return dy * (b * pow(base, b - T{1})); };
    return all(is_plain) ? formula(a) : where_plain(std::move(is_plain), T{0}, a, formula);
  }

  // dL/db = dL/dy y log(a), and 0 where a = 0 and b >= 0
  template <std::floating_point T>
  static T right(T dy, T a, T b, T y) {
    return is_zero_power(a, b) ? T{0} : dy * (y * std::log(a));
  }
  template <class T>
  static Variable<T> right(const Variable<T>& dy, const Variable<T>& a, const Variable<T>& b,
                           const Variable<T>& y) {
    Tensor<bool> is_plain = compared([](T base, T exponent) { return !is_zero_power(base, exponent); }, a, b);
    if (all(is_plain)) return dy * (y * log(a));
    // Recomputes y, because its derivative at the excluded bases may be infinite.
    return where_plain(std::move(is_plain), T{0}, a,
                       [&](const Variable<T>& base) { return dy * (pow(base, b) * log(base)); });
  }

 private:
  template <std::floating_point T>
  static bool is_zero_power(T a, T b) {
    return a == 0 && b >= 0;
  }
  static bool all(const Tensor<bool>& x) {
    return std::ranges::all_of(x, [](bool element) { return element; });
  }
};

}  // namespace detail

/// Returns x to the power of a number. Derivatives of x^n of order n + 1 and higher are 0 everywhere.
template <class Scalar, TensorScalar Number>
Variable<Scalar> pow(const Variable<Scalar>& x, Number exponent) {
  return detail::unary(detail::Pow<Scalar>{static_cast<Scalar>(exponent)}, x);
}

/// Returns one variable to the power of another, with broadcasting. As in PyTorch, the derivative with
/// respect to the exponent is NaN for a negative base, and 0 for base 0 with an exponent of at least 0.
template <class Scalar>
Variable<Scalar> pow(const Variable<Scalar>& base, const Variable<Scalar>& exponent) {
  return detail::binary<detail::Power>(base, exponent);
}

}  // namespace gradus
