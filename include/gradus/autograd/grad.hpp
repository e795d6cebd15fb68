// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradus/autograd/backward.hpp>
#include <gradus/autograd/node.hpp>
#include <gradus/autograd/value.hpp>
#include <gradus/autograd/variable.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/tensor_view.hpp>

/// Gradients as values, like `torch.autograd.grad`: they can be differentiated again.
namespace gradus {

/// Options of grad.
struct GradOptions {
  bool create_graph = false;         ///< record the gradients too, so that they can be differentiated again
  bool retain_graph = create_graph;  ///< keep the graph instead of freeing it
};

/// The gradients that `grad` returns, one per input. A vector that returns elements of a temporary by value,
/// so that `for (float g : grad(y, inputs)[0].value())` does not read freed memory.
template <FloatOrDouble Scalar>
class Gradients : public std::vector<Variable<Scalar>> {
  using Vector = std::vector<Variable<Scalar>>;

 public:
  using Vector::Vector;

  /// Returns gradient i.
  Variable<Scalar>& operator[](std::size_t i) & { return Vector::operator[](i); }
  /// Returns gradient i.
  const Variable<Scalar>& operator[](std::size_t i) const& { return Vector::operator[](i); }
  /// Returns gradient i.
  Variable<Scalar> operator[](std::size_t i) && { return std::move(Vector::operator[](i)); }
  /// Returns gradient i. Throws std::out_of_range.
  Variable<Scalar>& at(std::size_t i) & { return Vector::at(i); }
  /// Returns gradient i. Throws std::out_of_range.
  const Variable<Scalar>& at(std::size_t i) const& { return Vector::at(i); }
  /// Returns gradient i. Throws std::out_of_range.
  Variable<Scalar> at(std::size_t i) && { return std::move(Vector::at(i)); }
  /// Returns the first gradient.
  Variable<Scalar>& front() & { return Vector::front(); }
  /// Returns the first gradient.
  const Variable<Scalar>& front() const& { return Vector::front(); }
  /// Returns the first gradient.
  Variable<Scalar> front() && { return std::move(Vector::front()); }
  /// Returns the last gradient.
  Variable<Scalar>& back() & { return Vector::back(); }
  /// Returns the last gradient.
  const Variable<Scalar>& back() const& { return Vector::back(); }
  /// Returns the last gradient.
  Variable<Scalar> back() && { return std::move(Vector::back()); }
};

/// Returns the gradients of sum(output * gradient) with respect to the given variables, which need not be
/// leaves. Changes no `.grad()`. The gradient is zero for an input that the output does not depend on. Throws
/// ShapeError, and StateError if an input does not require a gradient or the graph has been freed.
template <FloatOrDouble Scalar>
Gradients<Scalar> grad(const Variable<Scalar>& output,
                       const std::type_identity_t<std::vector<Variable<Scalar>>>& inputs,
                       const std::type_identity_t<Variable<Scalar>>& gradient, GradOptions options = {}) {
  detail::check_seed("grad", output, gradient);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].requires_grad()) continue;
    throw StateError("grad: input " + std::to_string(i) + " of shape " + inputs[i].shape().to_string() +
                     " does not require a gradient, expected a leaf that does or a result of one");
  }
  detail::BackwardPass<Scalar> pass(output, detail::BackwardMode::inputs);
  pass.want_only(inputs);
  if (output.requires_grad()) pass.run(gradient, options.create_graph, options.retain_graph);
  Gradients<Scalar> gradients;
  gradients.reserve(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    auto& result = pass.results()[i];
    if (result)
      gradients.push_back(std::move(*result));
    else
      gradients.emplace_back(detail::Value<Scalar>::zeros(inputs[i].shape()));
  }
  return gradients;
}

/// Does the same for an output of one element.
template <FloatOrDouble Scalar>
Gradients<Scalar> grad(const Variable<Scalar>& output,
                       const std::type_identity_t<std::vector<Variable<Scalar>>>& inputs,
                       GradOptions options = {}) {
  return grad(output, inputs, detail::seed("grad", output), options);
}

/// Does the same for one input: `Variable slope = grad(y, x, {.create_graph = true})`.
template <FloatOrDouble Scalar>
Variable<Scalar> grad(const Variable<Scalar>& output, const Variable<Scalar>& input,
                      const std::type_identity_t<Variable<Scalar>>& gradient, GradOptions options = {}) {
  return grad(output, std::vector{input}, gradient, options).front();
}
/// Returns the gradient with respect to one input.
template <FloatOrDouble Scalar>
Variable<Scalar> grad(const Variable<Scalar>& output, const Variable<Scalar>& input,
                      GradOptions options = {}) {
  return grad(output, std::vector{input}, options).front();
}

}  // namespace gradus
