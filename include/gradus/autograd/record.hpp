// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gradus/autograd/backward.hpp>
#include <gradus/autograd/node.hpp>
#include <gradus/autograd/value.hpp>
#include <gradus/autograd/variable.hpp>

namespace gradus::detail {

/// The argument of an operation's backward: the incoming gradient and access to the parents.
template <class Scalar>
class Step {
 public:
  Step(Node<Scalar>& node, const Variable<Scalar>& gradient, BackwardMode mode)
      : node_(node), gradient_(gradient), mode_(mode) {}

  /// Returns the gradient of the result of the pass with respect to the output of this operation.
  const Variable<Scalar>& gradient() const { return gradient_; }
  Variable<Scalar> output() const { return Variable<Scalar>(NodeRef<Scalar>(&node_)); }
  Variable<Scalar> input(std::size_t i = 0) const { return Variable<Scalar>(node_.parents()[i]); }
  bool wants(std::size_t i) const { return node_.parents()[i]->pass.wanted; }
  void give(std::size_t i, Variable<Scalar> gradient) const {
    node_.parents()[i]->receive(std::move(gradient));
  }
  BackwardMode mode() const { return mode_; }

 private:
  Node<Scalar>& node_;
  const Variable<Scalar>& gradient_;
  BackwardMode mode_;
};

/// An operation whose backward is a function of a Step.
template <class Scalar, class Backward>
class RecordedNode : public Node<Scalar> {
 public:
  RecordedNode(const char* name, Value<Scalar> result, Backward backward)
      : Node<Scalar>(std::move(result)), name_(name), backward_(std::move(backward)) {}

  std::string name() const override { return name_; }
  using Node<Scalar>::backward;
  void backward(const Variable<Scalar>& dy, BackwardMode mode) override {
    (*backward_)(Step<Scalar>(*this, dy, mode));
  }
  void forget() override { backward_.reset(); }

 private:
  const char* name_;
  std::optional<Backward> backward_;
};

/// A RecordedNode with more than two inputs.
template <class Scalar, class Backward>
class RecordedManyNode final : public RecordedNode<Scalar, Backward> {
 public:
  using RecordedNode<Scalar, Backward>::RecordedNode;

  void set_many_parents(std::vector<NodeRef<Scalar>> parents) {
    parents_ = std::move(parents);
    this->parent_count = 3;
  }

 protected:
  std::span<NodeRef<Scalar>> many_parents() override { return parents_; }

 private:
  std::vector<NodeRef<Scalar>> parents_;
};

/// Puts a result and its backward function on the tape if any input requires a gradient.
template <class Scalar, class Backward>
Variable<Scalar> record(const char* name, Value<Scalar> value, const Variable<Scalar>& x, Backward backward) {
  if (!recording || !x.requires_grad()) return Variable<Scalar>(std::move(value));
  auto* node = new RecordedNode<Scalar, Backward>(name, std::move(value), std::move(backward));
  Variable<Scalar> result{NodeRef<Scalar>(node)};
  node->set_parents(x.node());
  node->requires_grad = true;
  return result;
}
template <class Scalar, class Backward>
Variable<Scalar> record(const char* name, Value<Scalar> value, const Variable<Scalar>& a,
                        const Variable<Scalar>& b, Backward backward) {
  if (!recording || !(a.requires_grad() || b.requires_grad())) return Variable<Scalar>(std::move(value));
  auto* node = new RecordedNode<Scalar, Backward>(name, std::move(value), std::move(backward));
  Variable<Scalar> result{NodeRef<Scalar>(node)};
  node->set_parents(a.node(), b.node());
  node->requires_grad = true;
  return result;
}
template <class Scalar, class Backward>
Variable<Scalar> record(const char* name, Value<Scalar> value, std::span<const Variable<Scalar>> inputs,
                        Backward backward) {
  bool wanted = false;
  for (const Variable<Scalar>& input : inputs) wanted = wanted || input.requires_grad();
  if (!recording || !wanted) return Variable<Scalar>(std::move(value));
  auto* node = new RecordedManyNode<Scalar, Backward>(name, std::move(value), std::move(backward));
  Variable<Scalar> result{NodeRef<Scalar>(node)};
  std::vector<NodeRef<Scalar>> parents;
  parents.reserve(inputs.size());
  for (const Variable<Scalar>& input : inputs) parents.push_back(input.node());
  node->set_many_parents(std::move(parents));
  node->requires_grad = true;
  return result;
}

}  // namespace gradus::detail
