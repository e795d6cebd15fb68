// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <utility>

#include <gradus/autograd/broadcast.hpp>
#include <gradus/autograd/node.hpp>
#include <gradus/autograd/value.hpp>
#include <gradus/autograd/variable.hpp>
#include <gradus/core/tensor_view.hpp>

/// `+ - * /` of variables and numbers, with NumPy's broadcasting.
namespace gradus {

namespace detail {

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
  // dL/db = -dL/dy y / b. y / b comes first, because dL/dy / b may overflow even if y is 0.
  template <class T>
  static T right(const T& dy, const T&, const T& b, const T& y) {
    return -(dy * (y / b));
  }
};

/// The operation y = scale x + shift.
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

/// Returns a + b, with broadcasting. Like the functions below, throws ShapeError for shapes that do not
/// broadcast.
template <class Scalar>
Variable<Scalar> add(const Variable<Scalar>& a, const Variable<Scalar>& b) {
  return detail::binary<detail::Add>(a, b);
}
/// Returns a - b, with broadcasting.
template <class Scalar>
Variable<Scalar> subtract(const Variable<Scalar>& a, const Variable<Scalar>& b) {
  return detail::binary<detail::Subtract>(a, b);
}
/// Returns a b, element by element, with broadcasting.
template <class Scalar>
Variable<Scalar> multiply(const Variable<Scalar>& a, const Variable<Scalar>& b) {
  return detail::binary<detail::Multiply>(a, b);
}
/// Returns a / b, element by element, with broadcasting.
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
/// Returns `-x`. The name is NumPy's, because `std::negate` is a type.
template <class Scalar>
Variable<Scalar> negative(const Variable<Scalar>& x) {
  return detail::linear(x, Scalar{-1}, Scalar{0});
}

}  // namespace gradus
