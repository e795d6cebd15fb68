// SPDX-License-Identifier: MIT

#include <vector>

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>
#include <gradus/optim/sgd.hpp>

using namespace gradus;

TEST_SUITE("Parameter on the tape") {
  TEST_CASE("as_variable: backward adds to the parameter's gradient, through every leaf made from it") {
    nn::Parameter<double> w{Tensor<double>{1, 2}};
    const Variable a = as_variable(w), b = as_variable(w);
    sum(a * a * b).backward();  // w^3
    CHECK(w.grad()(0) == 3);
    CHECK(w.grad()(1) == 12);
    sum(3.0 * as_variable(w)).backward();
    CHECK(w.grad()(0) == 6);
  }

  TEST_CASE("as_variable: an optimiser updates the parameter, and the next leaf has the new value") {
    nn::Parameter<double> w{Tensor<double>{1, 2}};
    optim::SGD sgd{std::vector<nn::NamedParameter<double>>{{"w", &w}}, {.learning_rate = 0.5}};
    const Variable before = as_variable(w);
    sum(before * before).backward();
    sgd.step();
    CHECK(as_variable(w).value()(1) == 0);
    CHECK(before.value()(1) == 2);
    CHECK(w.grad()(1) == 0);
  }

  TEST_CASE("as_variable: grad returns a gradient that can be differentiated, and adds to no parameter") {
    nn::Parameter<double> w{Tensor<double>{2}};
    const Variable v = as_variable(w);
    const Variable slope = grad(sum(v * v * v), v, {.create_graph = true});
    CHECK(slope.value()(0) == 12);
    CHECK(w.grad()(0) == 0);
    sum(slope).backward();
    CHECK(w.grad()(0) == 12);
  }

  TEST_CASE("as_variable: a parameter may have rank 0") {
    nn::Parameter<float> w{Tensor<float>(Shape{})};
    w.value.fill(3);
    const Variable v = as_variable(w);
    (v * v).backward();
    CHECK(w.grad().item() == 6);
  }

  TEST_CASE("as_variable: a frozen parameter is a constant") {
    nn::Parameter<double> w{Tensor<double>{1, 2}};
    w.requires_grad = false;
    CHECK_FALSE(as_variable(w).requires_grad());
  }
}
