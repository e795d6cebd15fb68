// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>
#include <gradus/core/error.hpp>

using namespace gradus;

namespace {

double difference(TensorView<const double> a, TensorView<const double> b) {
  return (a.array() - b.array()).abs().maxCoeff();
}

}  // namespace

TEST_SUITE("linear on the tape") {
  TEST_CASE("linear: computes the values and gradients of the module") {
    for (const bool bias : {true, false}) {
      Generator random(1);
      nn::Linear<double> layer(3, 2, random, {.bias = bias});
      const Variable x(Tensor<double>::randn({5, 3}, random), requires_grad);
      const Variable z(x.value(), requires_grad);
      const Variable module = apply(layer, x);
      sum(module * module).backward();
      const Tensor<double> weight = layer.weight.grad();
      layer.weight.zero_grad();
      const Tensor<double> of_bias = bias ? layer.bias.grad() : Tensor<double>{};
      if (bias) layer.bias.zero_grad();

      const Variable composed = linear(z, layer);
      CHECK(difference(composed.value(), module.value()) < 1e-14);
      sum(composed * composed).backward();
      CHECK(difference(z.grad(), x.grad()) < 1e-13);
      CHECK(difference(layer.weight.grad(), weight) < 1e-13);
      if (bias) CHECK(difference(layer.bias.grad(), of_bias) < 1e-13);
    }
  }

  TEST_CASE("linear: first and second derivatives agree with finite differences") {
    Generator random(2);
    const auto x = Tensor<double>::randn({4, 3}, random), w = Tensor<double>::randn({2, 3}, random),
               b = Tensor<double>::randn({2}, random);
    const auto f = [](const Variable<double>& in, const Variable<double>& weight,
                      const Variable<double>& bias) { return tanh(linear(in, weight, bias)); };
    CHECK(gradient_check(f, {x, w, b}));
    CHECK(gradient_check(f, {x, w, b}, {.order = 2}));
  }

  TEST_CASE("linear: mismatched shapes are refused") {
    nn::Linear<double> layer(3, 2);
    const Variable x(Tensor<double>::zeros({4, 5}));
    CHECK_THROWS_WITH_AS(linear(x, layer), "Linear: input has shape [4, 5], expected [N, 3]", ShapeError);
    const Variable w(Tensor<double>::zeros({2, 3})), b(Tensor<double>::zeros({2}));
    CHECK_THROWS_AS(linear(x, w, b), ShapeError);
  }
}
