// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include <gradus/autograd/value.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>

namespace gradus {

template <FloatOrDouble Scalar>
class Variable;

namespace detail {

template <class Scalar>
class Node;

/// A shared reference to a node. The count is not atomic: see Variable for the rules on threads.
template <class Scalar>
class NodeRef {
 public:
  NodeRef() = default;
  explicit NodeRef(Node<Scalar>* node) : node_(node) {
    if (node_) ++node_->references;
  }
  NodeRef(const NodeRef& other) : NodeRef(other.node_) {}
  NodeRef(NodeRef&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  NodeRef& operator=(NodeRef other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~NodeRef() {
    if (node_ && --node_->references == 0) destroy(node_);
  }

  Node<Scalar>* get() const { return node_; }
  Node<Scalar>* operator->() const { return node_; }
  Node<Scalar>& operator*() const { return *node_; }
  explicit operator bool() const { return node_ != nullptr; }

 private:
  /// Queues nodes that are released while another is being destroyed, so that freeing a long chain does not
  /// recurse.
  static void destroy(Node<Scalar>* node) noexcept {
    thread_local constinit Node<Scalar>* waiting = nullptr;
    thread_local constinit bool busy = false;
    node->pass.next = std::exchange(waiting, node);
    if (busy) return;
    busy = true;
    while (waiting) delete std::exchange(waiting, waiting->pass.next);
    busy = false;
  }

  Node<Scalar>* node_ = nullptr;
};

/// False while a NoGrad is alive in this thread: operators then compute values and record nothing.
inline thread_local constinit bool recording = true;

class [[nodiscard]] SetRecording {
 public:
  [[nodiscard]] explicit SetRecording(bool on) : before_(std::exchange(recording, on)) {}
  ~SetRecording() { recording = before_; }
  SetRecording(const SetRecording&) = delete;
  SetRecording& operator=(const SetRecording&) = delete;

 private:
  bool before_;
};

/// What a backward pass does with the gradients.
enum class BackwardMode {
  accumulate,  ///< add to the gradients of leaves and of modules' parameters
  inputs       ///< compute the gradients of given nodes and leave all others alone
};

/// One operation on the tape: its result, its inputs and its vector-Jacobian product.
template <class Scalar>
class Node {
 public:
  using Ref = NodeRef<Scalar>;

  explicit Node(Value<Scalar> result) : value(std::move(result)) {}
  virtual ~Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Returns the name of the operation for graphs and messages.
  virtual std::string name() const = 0;
  /// Computes the gradients of the parents that want one from the gradient of this node.
  virtual void backward(const Variable<Scalar>& dy, BackwardMode mode) = 0;
  /// Does the same for scalars when the gradients themselves are not recorded.
  virtual void backward(Scalar dy, BackwardMode mode) { backward(Variable<Scalar>(dy), mode); }
  /// Releases data that only backward needs.
  virtual void forget() {}
  /// Returns the accumulated gradient, or null if this node keeps none.
  virtual Value<Scalar>* leaf_gradient() { return nullptr; }

  std::span<Ref> parents() {
    return parent_count <= few_parents.size() ? std::span(few_parents.data(), parent_count) : many_parents();
  }
  void set_parents(Ref parent) {
    few_parents[0] = std::move(parent);
    parent_count = 1;
  }
  void set_parents(Ref first, Ref second) {
    few_parents = {std::move(first), std::move(second)};
    parent_count = 2;
  }
  void free_graph() {
    for (Ref& parent : parents()) parent = Ref();
    parent_count = 0;
    freed = true;
    forget();
  }

  /// Adds to the node's gradient in the current backward pass.
  void receive(Scalar more) {
    if (!pass.wanted) return;
    pass.number_gradient += more;
    pass.received = true;
  }
  /// Defined in variable.hpp.
  void receive(Variable<Scalar> more);

  /// The node's state in the current backward pass. Between passes it equals `PassState{}`.
  struct PassState {
    bool counted = false;       ///< the pass visits the node
    bool wanted = false;        ///< the pass computes a gradient for the node
    bool received = false;      ///< a gradient has arrived
    bool is_input = false;      ///< the caller requested the gradient
    std::uint32_t pending = 0;  ///< children that have not contributed to the gradient yet
    /// Holds `next` while the node is in a list, of nodes to visit or to delete, and `number_gradient`
    /// otherwise. Only BackwardPass::push and NodeRef::destroy put a node in a list, and no node is in a list
    /// once gradients are passed on. BackwardPass::pop resets `number_gradient` to 0; a node that leaves the
    /// list of destroy is deleted.
    union {
      Scalar number_gradient{};  ///< the gradient if value is a number and nothing is recorded
      Node* next;
    };
    Ref gradient = {};  ///< the gradient otherwise
  };

  // In this order, a node without fields of its own takes 72 bytes.
  std::uint32_t references = 0;
  std::uint8_t parent_count = 0;
  bool is_leaf = false;
  bool requires_grad = false;
  bool freed = false;
  Value<Scalar> value;
  std::array<Ref, 2> few_parents;
  PassState pass;

 protected:
  virtual std::span<Ref> many_parents() { return {}; }
};

// A graph of scalars consists of nodes without fields of their own and is limited by memory speed.
static_assert(sizeof(void*) != 8 || (sizeof(Node<float>) == 72 && sizeof(Node<double>) == 72));

/// A variable created by the user, or a result that is not on the tape.
template <class Scalar>
class Leaf final : public Node<Scalar> {
 public:
  Leaf(Value<Scalar> result, bool with_gradient) : Node<Scalar>(std::move(result)) {
    this->is_leaf = true;
    this->requires_grad = with_gradient;
  }

  std::string name() const override { return this->requires_grad ? "leaf" : "constant"; }
  void backward(Scalar more, BackwardMode mode) override {
    if (mode == BackwardMode::accumulate) grad().number() += more;
  }
  void backward(const Variable<Scalar>& more, BackwardMode) override;
  Value<Scalar>* leaf_gradient() override { return this->requires_grad ? &grad() : nullptr; }

 private:
  Value<Scalar>& grad() {
    if (!has_grad_) grad_ = Value<Scalar>::zeros(this->value.shape());
    has_grad_ = true;
    return grad_;
  }

  Value<Scalar> grad_{Scalar{}};
  bool has_grad_ = false;
};

}  // namespace detail
}  // namespace gradus
