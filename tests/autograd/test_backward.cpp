// SPDX-License-Identifier: MIT

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>

using namespace gradus;

namespace {

template <class E, class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_SUITE("backward") {
  TEST_CASE("backward: frees the graph unless it is retained") {
    const Variable x(2.0, requires_grad), y = x * x;
    y.backward({.retain_graph = true});
    y.backward();
    CHECK(x.grad().item() == 8);
    CHECK(message_of<StateError>([&] { y.backward(); }) ==
          "backward: the graph of multiply of shape [] was freed by an earlier backward pass; set "
          "retain_graph to keep it");
    const Variable z = y + x;  // built on a freed graph
    CHECK_THROWS_AS(z.backward(), StateError);
    CHECK(x.grad().item() == 8);
    x.zero_grad();
    (x * x).backward();  // the failure has left nothing behind
    CHECK(x.grad().item() == 4);
  }

  TEST_CASE("backward: an operation that throws in the middle of a pass leaves the graph unchanged") {
    struct Failing {
      Tensor<double> forward(TensorView<const double> x) const { return Tensor<double>(x); }
      Variable<double> backward(const Variable<double>&, const Variable<double>&,
                                const Variable<double>&) const {
        throw NumericError("failing");
      }
    };
    const Variable x(Tensor<double>{1, 2}, requires_grad), y = x * x;
    const Variable z = sum(apply_function(Failing{}, y) + y);
    CHECK_THROWS_AS(z.backward(), NumericError);
    CHECK_THROWS_AS(z.backward({.retain_graph = true}), StateError);
    x.zero_grad();
    sum(y).backward();
    CHECK(Tensor(x.grad()) == Tensor<double>{2, 4});
  }

  TEST_CASE("backward: a result of more than one element needs an initial gradient") {
    const Variable x(Tensor<double>{1, 2, 3}, requires_grad);
    CHECK(message_of<ShapeError>([&] { (x * x).backward(); }) ==
          "backward: output has shape [3], expected one element or an initial gradient");
    (x * x).backward(Tensor<double>{1, 10, 100});
    CHECK(Tensor(x.grad()) == Tensor<double>{2, 40, 600});
    CHECK(message_of<ShapeError>([&] {
            (x * x).backward(Tensor<double>{1, 2});
          }) == "backward: gradient has shape [2], expected [3]");
  }

  TEST_CASE("backward: a result that depends on no leaf is an error") {
    const Variable x(Tensor<double>{1, 2});
    CHECK(message_of<StateError>([&] { sum(x).backward(); }) ==
          "backward: constant of shape [] does not require a gradient, expected a leaf that does or a result "
          "of one");
  }

  TEST_CASE("backward: a node that is used several times gets the sum of its gradients") {
    const Variable x(2.0, requires_grad), y = x * x;
    (y * y + y + x).backward();
    CHECK(x.grad().item() == 4 * 8 + 4 + 1);
    const Variable t(Tensor<double>{2, 3}, requires_grad), u = t * t;
    sum(u + u + u + t).backward();
    CHECK(Tensor(t.grad()) == Tensor<double>{13, 19});
  }

  TEST_CASE("backward: gradients accumulate over calls until they are cleared") {
    Variable x(3.0, requires_grad);
    (x * x).backward();
    CHECK(x.grad().item() == 6);
    (x * x).backward();
    CHECK(x.grad().item() == 12);
    x.zero_grad();
    CHECK(x.grad().item() == 0);
  }

  TEST_CASE("backward: releases every node that it has passed") {
    struct Counted {
      int* alive;
      std::vector<int>* seen;
      Counted(int* count, std::vector<int>* list) : alive(count), seen(list) { ++*alive; }
      Counted(const Counted& other) : alive(other.alive), seen(other.seen) { ++*alive; }
      Counted& operator=(const Counted&) = delete;
      ~Counted() { --*alive; }
      Tensor<double> forward(TensorView<const double> x) const { return Tensor<double>(x); }
      Variable<double> backward(const Variable<double>& dy, const Variable<double>&,
                                const Variable<double>&) const {
        seen->push_back(*alive);
        return dy;
      }
    };
    int alive = 0;
    std::vector<int> seen;
    {
      const Counted identity(&alive, &seen);
      Variable y(Tensor<double>{1, 2}, requires_grad);
      y = apply_function(Counted(identity), y * 1.0);
      y = apply_function(Counted(identity), y);
      y = sum(apply_function(Counted(identity), y));
      const int before = alive;
      CHECK(before == 4);
      y.backward();
      CHECK(alive == 1);  // even though y still exists
    }
    CHECK(seen == std::vector<int>{4, 3, 2});
    CHECK(alive == 0);
  }
}
