// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include <gradus/autograd/node.hpp>
#include <gradus/autograd/value.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>

namespace gradus {

/// Whether a Variable requires a gradient.
enum class RequiresGrad : bool { no, yes };
/// Makes a Variable require a gradient: `Variable w(tensor, requires_grad)`.
inline constexpr RequiresGrad requires_grad = RequiresGrad::yes;

/// Options of backward.
struct BackwardOptions {
  bool retain_graph = false;  ///< keep the graph for another backward pass instead of freeing it
};

// The operators of Variable and Node::receive call these. They are defined in autograd/arithmetic.hpp.
template <class Scalar>
Variable<Scalar> add(const Variable<Scalar>& a, const Variable<Scalar>& b);
template <class Scalar>
Variable<Scalar> subtract(const Variable<Scalar>& a, const Variable<Scalar>& b);
template <class Scalar>
Variable<Scalar> multiply(const Variable<Scalar>& a, const Variable<Scalar>& b);
template <class Scalar>
Variable<Scalar> divide(const Variable<Scalar>& a, const Variable<Scalar>& b);
template <class Scalar, TensorScalar Number>
Variable<Scalar> add(const Variable<Scalar>& x, Number number);
template <class Scalar, TensorScalar Number>
Variable<Scalar> multiply(const Variable<Scalar>& x, Number number);
template <class Scalar>
Variable<Scalar> negative(const Variable<Scalar>& x);

/// A guard that turns recording off: while it is alive, operators in this thread compute values and record
/// nothing. It needs a name: `const NoGrad guard;`.
class [[nodiscard]] NoGrad {
 public:
  [[nodiscard]] NoGrad() : off_(false) {}

 private:
  detail::SetRecording off_;
};

/// A tensor on the tape: a cheap handle to a value, its inputs in the graph and its gradient.
///
///     Variable w(Tensor<double>{1, 2}, requires_grad);
///     Variable loss = sum(w * w);
///     loss.backward();                    // w.grad() is {2, 4}
///
/// Copies share one node. A graph lives as long as a handle to its result, or until a backward pass frees it.
/// Do not modify a value that a graph still needs; its gradients would be wrong.
///
/// Threads may build, differentiate and free graphs concurrently, without locks, if the graphs share no
/// Variable. Only one thread at a time may use a Variable, so give each thread its own Variables instead of
/// copies of a handle. NoGrad affects only its own thread.
template <FloatOrDouble Scalar>
class Variable {
 public:
  /// The type of the elements.
  using scalar_type = Scalar;
  /// The type of a graph node.
  using Node = detail::Node<Scalar>;
  /// A counted reference to a node.
  using NodeRef = detail::NodeRef<Scalar>;

  /// Takes over a tensor.
  Variable(Tensor<Scalar> value, RequiresGrad with_gradient = RequiresGrad::no)
      : Variable(detail::Value<Scalar>(std::move(value)), with_gradient) {}
  /// Copies the elements of a view.
  Variable(TensorView<const Scalar> value, RequiresGrad with_gradient = RequiresGrad::no)
      : Variable(detail::Value<Scalar>::copy_of(value), with_gradient) {}
  /// Copies the elements of a view.
  Variable(TensorView<Scalar> value, RequiresGrad with_gradient = RequiresGrad::no)
      : Variable(detail::Value<Scalar>::copy_of(value), with_gradient) {}
  /// Creates a Variable of rank 0 from a number of any type, so 0.1 works as well as 0.1f.
  template <TensorScalar Number>
  Variable(Number value, RequiresGrad with_gradient = RequiresGrad::no)
      : Variable(detail::Value<Scalar>(static_cast<Scalar>(value)), with_gradient) {}
  /// Takes over a value of the tape.
  explicit Variable(detail::Value<Scalar> value, RequiresGrad with_gradient = RequiresGrad::no)
      : node_(new detail::Leaf<Scalar>(std::move(value), with_gradient == RequiresGrad::yes)) {}
  /// Refers to a node.
  explicit Variable(NodeRef node) : node_(std::move(node)) {}

  /// Returns the value.
  TensorView<const Scalar> value() const& { return std::as_const(node_->value).view(); }
  /// Returns a mutable view, for manual optimiser steps: `w.value().array() -= rate * w.grad().array()`.
  TensorView<Scalar> value() & { return node_->value.view(); }
  /// Returns a copy, because a temporary may be the only handle to its value.
  Tensor<Scalar> value() const&& { return std::as_const(node_->value).view(); }
  /// Returns the shape of the value.
  const Shape& shape() const& { return node_->value.shape(); }
  /// Returns a copy of the shape.
  Shape shape() const&& { return node_->value.shape(); }
  /// Returns the number of axes.
  Index rank() const { return shape().rank(); }
  /// Returns the number of elements.
  Index size() const { return shape().size(); }
  /// Returns the only element. Throws ShapeError if the size is not 1.
  Scalar item() const { return node_->value.is_number() ? node_->value.number() : value().item(); }

  /// Returns true for leaves created with requires_grad and for everything computed from them.
  bool requires_grad() const { return node_->requires_grad; }
  /// Returns the gradient that backward has accumulated here, zeros before the first pass. Throws StateError
  /// unless this is a leaf that requires a gradient; for other Variables, use the function grad.
  TensorView<Scalar> grad() const& {
    detail::Value<Scalar>* gradient = node_->leaf_gradient();
    if (gradient == nullptr) throw_grad();
    return gradient->view();
  }
  /// Returns a copy of the gradient of a temporary Variable.
  Tensor<Scalar> grad() const&& { return grad(); }
  /// Sets the gradient to zero.
  void zero_grad() const {
    for (Scalar& element : grad()) element = Scalar{0};
  }
  /// Returns a copy of the value, off the tape.
  Variable detach() const { return Variable(value()); }

  // The backward functions are defined in autograd/backward.hpp.
  /// Adds d this / d leaf to the gradient of every leaf that requires one, and of every parameter of the
  /// modules in the graph. Without `retain_graph`, frees the graph node by node. Throws ShapeError unless
  /// this has one element, and StateError if nothing here requires a gradient or the graph has been freed.
  void backward(BackwardOptions options = {}) const;
  /// Does the same, starting from `gradient`, the gradient with respect to this, which has this shape.
  void backward(const Variable& gradient, BackwardOptions options = {}) const;

  /// Returns the negative of each element.
  Variable operator-() const { return negative(*this); }
  /// Returns the sum, element by element, with broadcasting.
  friend Variable operator+(const Variable& a, const Variable& b) { return add(a, b); }
  /// Returns the difference, element by element, with broadcasting.
  friend Variable operator-(const Variable& a, const Variable& b) { return subtract(a, b); }
  /// Returns the product, element by element, with broadcasting.
  friend Variable operator*(const Variable& a, const Variable& b) { return multiply(a, b); }
  /// Returns the quotient, element by element, with broadcasting.
  friend Variable operator/(const Variable& a, const Variable& b) { return divide(a, b); }
  /// Adds a number to each element.
  template <TensorScalar Number>
  friend Variable operator+(const Variable& a, Number b) {
    return add(a, b);
  }
  /// Subtracts a number from each element.
  template <TensorScalar Number>
  friend Variable operator-(const Variable& a, Number b) {
    return add(a, -static_cast<Scalar>(b));
  }
  /// Multiplies each element by a number.
  template <TensorScalar Number>
  friend Variable operator*(const Variable& a, Number b) {
    return multiply(a, b);
  }
  /// Adds a number to each element.
  template <TensorScalar Number>
  friend Variable operator+(Number a, const Variable& b) {
    return add(b, a);
  }
  /// Multiplies each element by a number.
  template <TensorScalar Number>
  friend Variable operator*(Number a, const Variable& b) {
    return multiply(b, a);
  }
  /// Replaces this Variable with the result; the old node stays in the graph.
  Variable& operator+=(const Variable& other) { return *this = *this + other; }
  /// Replaces this Variable with the result; the old node stays in the graph.
  Variable& operator-=(const Variable& other) { return *this = *this - other; }
  /// Replaces this Variable with the result; the old node stays in the graph.
  Variable& operator*=(const Variable& other) { return *this = *this * other; }
  /// Replaces this Variable with the result; the old node stays in the graph.
  Variable& operator/=(const Variable& other) { return *this = *this / other; }

  /// Returns the node, for operators and tools.
  const NodeRef& node() const& { return node_; }
  /// Returns the node of a temporary Variable.
  NodeRef node() && { return std::move(node_); }

 private:
  [[noreturn]] void throw_grad() const {
    throw StateError(std::string("grad: ") + node_->name() + " of shape " + shape().to_string() +
                     " stores no gradient, expected a leaf that requires one");
  }

  NodeRef node_;
};

/// Deduces the scalar type.
template <FloatOrDouble Scalar>
Variable(Scalar, RequiresGrad = RequiresGrad::no) -> Variable<Scalar>;
/// Deduces the scalar type.
template <class Scalar>
Variable(TensorView<Scalar>) -> Variable<std::remove_const_t<Scalar>>;
/// Deduces the scalar type.
template <class Scalar>
Variable(TensorView<Scalar>, RequiresGrad) -> Variable<std::remove_const_t<Scalar>>;

namespace detail {

template <class Scalar>
void add_in_place(TensorView<Scalar> to, TensorView<const Scalar> more) {
  to.array() += more.array();
}

[[noreturn]] inline void throw_gradient_shape(const std::string& name, const Shape& got,
                                              const Shape& expected) {
  throw ShapeError("backward: gradient for " + name + " has shape " + got.to_string() + ", expected " +
                   expected.to_string());
}

template <class Scalar>
void Node<Scalar>::receive(Variable<Scalar> more) {
  if (!pass.wanted) return;
  if (more.shape() != value.shape()) throw_gradient_shape(name(), more.shape(), value.shape());
  pass.received = true;
  if (value.is_number() && !recording) {
    pass.number_gradient += more.item();
  } else if (!pass.gradient) {
    pass.gradient = std::move(more).node();
  } else if (!recording && pass.gradient->references == 1) {
    add_in_place(pass.gradient->value.view(), std::as_const(more).value());
  } else {
    pass.gradient = (Variable<Scalar>(std::move(pass.gradient)) + more).node();
  }
}

template <class Scalar>
void Leaf<Scalar>::backward(const Variable<Scalar>& more, BackwardMode mode) {
  if (mode != BackwardMode::accumulate) return;
  Node<Scalar>& node = *more.node();
  if (!has_grad_ && node.references == 1) {
    grad_ = std::move(node.value);
    has_grad_ = true;
  } else {
    add_in_place(grad().view(), more.value());
  }
}

}  // namespace detail
}  // namespace gradus
