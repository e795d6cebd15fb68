// SPDX-License-Identifier: MIT

#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>

using namespace gradus;
using detail::BackwardMode;
using detail::Leaf;
using detail::NodeRef;
using detail::Value;

namespace {

/// A node that counts the live nodes.
class Counted final : public detail::Node<double> {
 public:
  explicit Counted(int& alive) : Node(Value<double>(1.0)), alive_(alive) { ++alive_; }
  ~Counted() override { --alive_; }
  std::string name() const override { return "counted"; }
  void backward(const Variable<double>&, BackwardMode) override {}

 private:
  int& alive_;
};

}  // namespace

TEST_CASE("Value: a rank-0 tensor is stored as a number, others as tensors") {
  Value<double> number(Tensor<double>::full({}, 3));
  CHECK(number.is_number());
  CHECK(number.number() == 3);
  CHECK(number.shape() == Shape{});
  number.view()() = 4;
  CHECK(number.number() == 4);
  Value<double> tensor(Tensor<double>{1, 2});
  CHECK_FALSE(tensor.is_number());
  CHECK(tensor.shape() == Shape{2});
  tensor.view()(1) = 5;
  CHECK(std::as_const(tensor).view()(1) == 5);
  CHECK_FALSE(Value<double>(Tensor<double>{1}).is_number());
  CHECK(Value<double>::zeros({}).is_number());
  CHECK(Value<double>::zeros({2}).view()(0) == 0);
  CHECK(Value<double>::uninitialized({3, 0}).shape() == Shape{3, 0});
}

TEST_CASE("NodeRef: a node and its parents live as long as one reference") {
  int alive = 0;
  NodeRef<double> first(new Counted(alive));
  {
    NodeRef<double> second = first, third;
    CHECK(first->references == 2);
    third = std::move(second);
    CHECK_FALSE(second);
    CHECK(first->references == 2);
    third = *&third;
    CHECK(third.get() == first.get());
  }
  CHECK(first->references == 1);
  NodeRef<double> child(new Counted(alive));
  child->set_parents(first, NodeRef<double>(new Counted(alive)));
  CHECK(child->parents().size() == 2);
  first = NodeRef<double>();
  CHECK(alive == 3);
  child->free_graph();
  CHECK(child->parents().empty());
  CHECK(child->freed);
  CHECK(alive == 1);
  child = NodeRef<double>();
  CHECK(alive == 0);
}

TEST_CASE("Node: sums the gradients that it receives, if it requires one") {
  int alive = 0;
  const NodeRef<double> node(new Counted(alive));
  node->receive(2.0);
  CHECK_FALSE(node->pass.received);
  node->pass.wanted = true;
  node->receive(2.0);
  node->receive(0.5);
  CHECK(node->pass.received);
  CHECK(node->pass.number_gradient == 2.5);
}

TEST_CASE("Leaf: accumulates gradients in backward but not in grad") {
  Leaf<double> leaf(Value<double>(1.0), true), constant(Value<double>(1.0), false);
  CHECK(leaf.name() == "leaf");
  CHECK(constant.name() == "constant");
  CHECK(constant.leaf_gradient() == nullptr);
  CHECK(leaf.leaf_gradient()->number() == 0);
  leaf.backward(2.0, BackwardMode::accumulate);
  leaf.backward(3.0, BackwardMode::accumulate);
  leaf.backward(4.0, BackwardMode::inputs);
  CHECK(leaf.leaf_gradient()->number() == 5);
}

TEST_CASE("Node: a chain of a million additions needs no stack in forward, backward and destruction") {
  const Variable x(1.0, requires_grad);
  {
    Variable y = x;
    for (int i = 0; i < 1'000'000; ++i) y = y + x;
    CHECK(y.item() == 1'000'001);
    y.backward();
    CHECK(x.grad().item() == 1'000'001);
  }
  Variable y = x;
  for (int i = 0; i < 1'000'000; ++i) y = y + x;
  y = x;  // destroyed without a backward
  const Variable t(Tensor<double>{1, 2}, requires_grad);
  Variable z = t;
  for (int i = 0; i < 100'000; ++i) z = z + t;
  sum(z).backward();
  CHECK(t.grad()(0) == 100'001);
}

TEST_CASE("Node: gradients of different nodes never share memory that one of them modifies") {
  const Variable a(Tensor<double>{1, 1}, requires_grad), b(Tensor<double>{1, 1}, requires_grad);
  const Variable s = a + b;  // passes the same gradient to both
  sum(s + a * 3.0 + a * 4.0).backward();
  CHECK(Tensor(a.grad()) == Tensor<double>{8, 8});
  CHECK(Tensor(b.grad()) == Tensor<double>{1, 1});
  sum(a + b).backward();
  CHECK(Tensor(a.grad()) == Tensor<double>{9, 9});
  CHECK(Tensor(b.grad()) == Tensor<double>{2, 2});
}
