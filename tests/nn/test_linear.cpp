// SPDX-License-Identifier: MIT

#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/nn/linear.hpp>

#include "../support/extremes.hpp"
#include "../support/numerical_gradient.hpp"

using gradus::ArgumentError;
using gradus::Generator;
using gradus::Index;
using gradus::Shape;
using gradus::ShapeError;
using gradus::Tensor;
using gradus::nn::Context;
using gradus::nn::Linear;
namespace test = gradus::test;

namespace {

struct Sizes {
  Index batch, in, out;
};
const std::vector<Sizes> all_sizes = {{0, 3, 2}, {1, 1, 1}, {1, 7, 5},   {5, 1, 3},  {3, 4, 1},
                                      {2, 0, 3}, {4, 3, 0}, {11, 13, 7}, {5, 37, 19}};

std::vector<std::string> parameter_names(Linear<float> linear) {
  std::vector<std::string> names;
  linear.visit([&](std::string_view name, auto&) { names.emplace_back(name); });
  return names;
}

}  // namespace

TEST_SUITE("nn::Linear") {
  TEST_CASE("Linear: hand-written gradients equal finite differences, with and without bias") {
    for (const Sizes& sizes : all_sizes) {
      const Index batch = sizes.batch, in = sizes.in, out = sizes.out;
      for (const bool with_bias : {false, true}) {
        Generator random(1);
        const auto report = test::check_gradients(Linear<double>(in, out, random, {.bias = with_bias}),
                                                  Tensor<double>::randn({batch, in}, random));
        CHECK_MESSAGE(report.ok(), batch, " x ", in, " -> ", out, ": ", report.where, " is off by ",
                      report.error);
      }
    }
  }

  TEST_CASE("Linear: float agrees with double") {
    for (const Sizes& sizes : all_sizes) {
      const Index batch = sizes.batch, in = sizes.in, out = sizes.out;
      Generator random(2);
      const Tensor<double> x = Tensor<double>::randn({batch, in}, random);
      Linear<float> single(in, out, random);
      Linear<double> twice(in, out);
      twice.weight.value = single.weight.value.cast<double>();
      twice.bias.value = single.bias.value.cast<double>();
      CHECK(test::float_agrees_with_double(single, twice, x, std::max(in, out)));
    }
  }

  TEST_CASE("Linear: computes y = x W^T + b") {
    Linear<float> linear(2, 3);
    linear.weight.value = {{1, 2}, {3, 4}, {5, 6}};
    linear.bias.value = {10, 20, 30};
    const Tensor<float> x{{1, 1}, {0, -1}}, dy{{1, 0, 0}, {0, 1, 1}};
    Tensor<float> y(Shape{2, 3}), dx(Shape{2, 2});
    Context context;
    linear.forward(x, y, context);
    CHECK(y == Tensor<float>{{13, 27, 41}, {8, 16, 24}});
    linear.backward(x, y, dy, dx, context);
    CHECK(dx == Tensor<float>{{1, 2}, {8, 10}});
    linear.gradient(x, dy, context);
    CHECK(linear.weight.grad() == Tensor<float>{{1, 1}, {0, -1}, {0, -1}});
    CHECK(linear.bias.grad() == Tensor<float>{1, 1, 1});
    linear.gradient(x, dy, context);
    CHECK(linear.weight.grad() == Tensor<float>{{2, 2}, {0, -2}, {0, -2}});
    CHECK(linear.bias.grad() == Tensor<float>{2, 2, 2});
  }

  TEST_CASE_TEMPLATE("Linear: default weights are uniform in +-1/sqrt(in)", Scalar, float, double) {
    Generator random(3);
    const Linear<Scalar> linear(400, 300, random);
    const double bound = 1 / std::sqrt(400.0);
    for (const auto& values : {linear.weight.value, linear.bias.value}) {
      const double n = static_cast<double>(values.size());
      double mean = 0, square = 0;
      for (const Scalar value : values) {
        REQUIRE(std::abs(static_cast<double>(value)) <= bound * (1 + 1e-6));
        mean += static_cast<double>(value) / n;
        square += static_cast<double>(value) * static_cast<double>(value) / n;
      }
      CHECK(std::abs(mean) <= 4 * bound / std::sqrt(3 * n));
      CHECK(square == doctest::Approx(bound * bound / 3).epsilon(4 / std::sqrt(n)));
    }
    CHECK(linear.weight.grad() == Tensor<Scalar>(Shape{300, 400}));
    CHECK(linear.bias.grad() == Tensor<Scalar>(Shape{300}));
  }

  TEST_CASE("Linear: the same seed gives the same layer, another seed a different one") {
    Generator a(1), b(1), c(2);
    const Linear<float> first(5, 4, a), second(5, 4, b), third(5, 4, c);
    CHECK(first.weight.value == second.weight.value);
    CHECK(first.bias.value == second.bias.value);
    CHECK_FALSE(first.weight.value == third.weight.value);
    CHECK(Linear<float>(5, 4).weight.value == Linear<float>(5, 4, Generator{}).weight.value);
  }

  TEST_CASE("Linear: a copy is independent") {
    const Linear<float> original(3, 2);
    Linear<float> copy = original;
    copy.weight.value.fill(7);
    copy.bias.grad().fill(7);
    CHECK_FALSE(original.weight.value == copy.weight.value);
    CHECK(original.bias.grad() == Tensor<float>{0, 0});
  }

  TEST_CASE("Linear: reports its parameters, name and sizes") {
    CHECK(parameter_names({3, 2}) == std::vector<std::string>{"weight", "bias"});
    CHECK(parameter_names({3, 2, {.bias = false}}) == std::vector<std::string>{"weight"});
    CHECK(gradus::nn::module_name(Linear{784, 256}) == "Linear(784 -> 256)");
    CHECK(gradus::nn::module_name(Linear{784, 256, {.bias = false}}) == "Linear(784 -> 256, no bias)");
    CHECK(Linear{784, 256}.in() == 784);
    CHECK(Linear{784, 256}.out() == 256);
    CHECK_FALSE(Linear{784, 256, {.bias = false}}.has_bias());
  }

  TEST_CASE("Linear: an input of the wrong width is refused, naming both shapes") {
    const Linear<float> linear(784, 256);
    CHECK(linear.output_shape(Shape{32, 784}) == Shape{32, 256});
    CHECK(linear.output_shape(Shape{0, 784}) == Shape{0, 256});
    CHECK_THROWS_WITH_AS(linear.output_shape(Shape{32, 100}),
                         "Linear: input has shape [32, 100], expected [N, 784]", ShapeError);
    CHECK_THROWS_WITH_AS(linear.output_shape(Shape{784}), "Linear: input has shape [784], expected [N, 784]",
                         ShapeError);
    CHECK_THROWS_WITH_AS(linear.output_shape(Shape{32, 28, 28}),
                         "Linear: input has shape [32, 28, 28], expected [N, 784]", ShapeError);
  }

  TEST_CASE("Linear: a negative size is refused") {
    CHECK_THROWS_WITH_AS(Linear<float>(-1, 2), "Linear: sizes are -1 -> 2, expected both >= 0",
                         ArgumentError);
    CHECK_THROWS_AS(Linear<float>(2, -1), ArgumentError);
  }
}
