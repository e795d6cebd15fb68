// SPDX-License-Identifier: MIT

#pragma once

#include <string>

#include <gradus/autograd/node.hpp>
#include <gradus/autograd/value.hpp>
#include <gradus/autograd/variable.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/parameter.hpp>

/// Parameters as leaves of the tape, for models that are expressions instead of modules.
namespace gradus {

namespace detail {

/// A leaf whose gradient is that of a parameter.
template <class Scalar>
class ParameterNode final : public Node<Scalar> {
 public:
  explicit ParameterNode(nn::Parameter<Scalar>& parameter)
      : Node<Scalar>(Value<Scalar>::copy_of(parameter.value.view())), parameter_(&parameter) {
    this->is_leaf = true;
    this->requires_grad = parameter.requires_grad;
  }

  std::string name() const override { return "parameter"; }
  using Node<Scalar>::backward;
  void backward(const Variable<Scalar>& more, BackwardMode mode) override {
    if (mode == BackwardMode::accumulate) add_in_place(parameter_->grad().view(), more.value());
  }

 private:
  nn::Parameter<Scalar>* parameter_;
};

}  // namespace detail

/// Returns a leaf with a copy of the parameter's value. A backward pass adds to `parameter.grad()`, so an
/// optimiser can update the parameter. Create a new leaf for each step, because it holds a copy of the value.
/// The leaf is a constant if the parameter is frozen. The parameter must outlive the graph.
///
///     nn::Parameter<double> w{Tensor<double>{1, 2}};
///     optim::Adam adam{std::vector<nn::NamedParameter<double>>{{"w", &w}}, {.learning_rate = 0.1}};
///     const Variable v = as_variable(w);
///     sum(v * v).backward();
///     adam.step();
template <FloatOrDouble Scalar>
Variable<Scalar> as_variable(nn::Parameter<Scalar>& parameter) {
  return Variable<Scalar>(detail::NodeRef<Scalar>(new detail::ParameterNode<Scalar>(parameter)));
}

}  // namespace gradus
