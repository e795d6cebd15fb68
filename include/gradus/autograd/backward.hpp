// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gradus/autograd/node.hpp>
#include <gradus/autograd/variable.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>

namespace gradus {

namespace detail {

/// One pass from a result back to its inputs, which visits every node after all its children:
///
///     for every node that the output depends on and that requires a gradient:       // constructor, count
///       pending = number of its children among them
///     for `grad`: wanted = is an input or leads to one; otherwise wanted = true     // want_only
///     ready = [output]; gradient of output = seed                                   // run
///     while ready is not empty:
///       node = last of ready
///       if wanted and a gradient has been received:
///         node.backward(gradient): adds a contribution to the gradient of each wanted parent
///       reset the pass state of the node; free its graph unless it is retained
///       for each parent: --pending; if it is 0, the gradient is complete: push the parent on ready
///
/// If anything throws, the destructor resets all nodes that are still part of the pass. Lists of nodes are
/// linked through the nodes themselves where possible, because graphs of numbers are large and limited by
/// memory speed.
template <class Scalar>
class BackwardPass {
 public:
  BackwardPass(const Variable<Scalar>& output, BackwardMode mode) : mode_(mode) {
    const std::size_t nodes = count(output.node().get());
    try {
      if (freed_) throw_freed(*freed_);
      ready_.reserve(nodes);
    } catch (...) {
      clear(output.node().get());
      throw;
    }
    ready_.push_back(output.node());
  }
  BackwardPass(const BackwardPass&) = delete;
  BackwardPass& operator=(const BackwardPass&) = delete;
  ~BackwardPass() {
    for (const NodeRef<Scalar>& node : ready_) clear(node.get());
    for (const Variable<Scalar>& input : inputs_) reset(*input.node());
  }

  /// Excludes every node that leads to none of these inputs, and keeps the gradients of the inputs.
  void want_only(std::span<const Variable<Scalar>> inputs) {
    inputs_ = inputs;
    results_.resize(inputs.size());
    std::vector<Node<Scalar>*> order{ready_.front().get()};
    for (std::size_t i = 0; i < order.size(); ++i) {
      order[i]->pass.wanted = false;
      for (const NodeRef<Scalar>& parent : order[i]->parents()) {
        if (parent->pass.counted && --parent->pass.pending == 0) order.push_back(parent.get());
      }
    }
    for (const Variable<Scalar>& input : inputs)
      input.node()->pass.is_input = input.node()->pass.wanted = true;
    for (std::size_t i = order.size(); i-- > 0;) {
      for (const NodeRef<Scalar>& parent : order[i]->parents()) {
        if (parent->pass.wanted) order[i]->pass.wanted = true;
        if (parent->pass.counted) ++parent->pass.pending;
      }
    }
  }

  void run(const Variable<Scalar>& gradient, bool create_graph, bool retain_graph) {
    const SetRecording guard(create_graph);
    ready_.front()->receive(gradient);
    while (!ready_.empty()) {
      Node<Scalar>& node = *ready_.back();
      if (node.pass.wanted && node.pass.received) step(node);
      const NodeRef<Scalar> alive = std::move(ready_.back());
      ready_.pop_back();
      reset(node);
      for (const NodeRef<Scalar>& parent : node.parents()) {
        if (parent->pass.counted && --parent->pass.pending == 0) ready_.push_back(parent);
      }
      if (!retain_graph && !node.is_leaf) node.free_graph();
    }
  }

  /// Returns the gradients of the inputs given to want_only; nullopt for an input without a gradient.
  std::vector<std::optional<Variable<Scalar>>>& results() { return results_; }

 private:
  /// Counts the children of every node that the root depends on. Returns the number of nodes.
  std::size_t count(Node<Scalar>* root) {
    std::size_t nodes = 0;
    root->pass.counted = true;
    for (Node<Scalar>* list = push(nullptr, root); list;) {
      Node<Scalar>& node = *pop(list);
      ++nodes;
      node.pass.wanted = true;
      if (node.freed) freed_ = &node;
      for (const NodeRef<Scalar>& parent : node.parents()) {
        if (!parent->requires_grad) continue;
        ++parent->pass.pending;
        if (!std::exchange(parent->pass.counted, true)) list = push(list, parent.get());
      }
    }
    return nodes;
  }

  /// Resets the pass state of a node and of everything that it depends on.
  static void clear(Node<Scalar>* root) noexcept {
    root->pass.counted = false;
    for (Node<Scalar>* list = push(nullptr, root); list;) {
      Node<Scalar>& node = *pop(list);
      reset(node);
      for (const NodeRef<Scalar>& parent : node.parents()) {
        if (std::exchange(parent->pass.counted, false)) list = push(list, parent.get());
      }
    }
  }

  static Node<Scalar>* push(Node<Scalar>* list, Node<Scalar>* node) noexcept {
    node->pass.next = list;
    return node;
  }
  static Node<Scalar>* pop(Node<Scalar>*& list) noexcept {
    Node<Scalar>* node = std::exchange(list, list->pass.next);
    node->pass.number_gradient = 0;
    return node;
  }

  static void reset(Node<Scalar>& node) noexcept { node.pass = {}; }

  void step(Node<Scalar>& node) {
    const bool number = node.value.is_number() && !recording;
    if (node.pass.is_input) {
      for (std::size_t i = 0; i < inputs_.size(); ++i) {
        if (inputs_[i].node().get() != &node) continue;
        results_[i] =
            number ? Variable<Scalar>(node.pass.number_gradient) : Variable<Scalar>(node.pass.gradient);
      }
    }
    if (number)
      node.backward(node.pass.number_gradient, mode_);
    else
      node.backward(Variable<Scalar>(std::move(node.pass.gradient)), mode_);
  }

  [[noreturn]] static void throw_freed(const Node<Scalar>& node) {
    throw StateError("backward: the graph of " + node.name() + " of shape " + node.value.shape().to_string() +
                     " has been freed by an earlier backward; retain_graph keeps it");
  }

  BackwardMode mode_;
  const Node<Scalar>* freed_ = nullptr;
  std::vector<NodeRef<Scalar>> ready_;
  std::span<const Variable<Scalar>> inputs_;
  std::vector<std::optional<Variable<Scalar>>> results_;
};

/// Returns the gradient that a backward pass starts with.
template <class Scalar>
Variable<Scalar> seed(const char* operation, const Variable<Scalar>& output) {
  if (output.size() != 1) {
    throw ShapeError(std::string(operation) + ": output has shape " + output.shape().to_string() +
                     ", expected one element or a gradient to begin with");
  }
  if (output.rank() == 0) return Variable<Scalar>(Scalar{1});
  return Variable<Scalar>(Tensor<Scalar>::ones(output.shape()));
}

template <class Scalar>
void check_seed(const char* operation, const Variable<Scalar>& output, const Variable<Scalar>& gradient) {
  if (gradient.shape() == output.shape()) return;
  throw ShapeError(std::string(operation) + ": gradient has shape " + gradient.shape().to_string() +
                   ", expected " + output.shape().to_string());
}

}  // namespace detail

template <FloatOrDouble Scalar>
void Variable<Scalar>::backward(BackwardOptions options) const {
  backward(detail::seed("backward", *this), options);
}

template <FloatOrDouble Scalar>
void Variable<Scalar>::backward(const Variable& gradient, BackwardOptions options) const {
  detail::check_seed("backward", *this, gradient);
  if (!requires_grad()) {
    throw StateError("backward: " + node_->name() + " of shape " + shape().to_string() +
                     " depends on nothing that requires a gradient");
  }
  detail::BackwardPass<Scalar>(*this, detail::BackwardMode::accumulate)
      .run(gradient, false, options.retain_graph);
}

}  // namespace gradus
