// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/nn.hpp>

#include "../support/extremes.hpp"
#include "../support/numerical_gradient.hpp"

using gradus::ArgumentError;
using gradus::Generator;
using gradus::Index;
using gradus::Shape;
using gradus::ShapeError;
using gradus::Tensor;
using namespace gradus::nn;
namespace test = gradus::test;

namespace {

/// Returns a layer that is not initialised to the identity.
template <class Scalar>
LayerNorm<Scalar> some_norm(Index features, bool affine = true) {
  Generator random(9);
  LayerNorm<Scalar> norm(features, {.affine = affine});
  if (affine) random.fill_uniform(norm.weight.value.span(), 0.5, 2);
  if (affine) random.fill_uniform(norm.bias.value.span(), -1, 1);
  return norm;
}

}  // namespace

TEST_SUITE("nn::LayerNorm") {
  TEST_CASE("LayerNorm: hand-written gradients equal finite differences") {
    Generator random(1);
    for (const Shape& shape :
         {Shape{5}, Shape{0, 3}, Shape{1, 3}, Shape{3, 1}, Shape{5, 7}, Shape{2, 37}, Shape{2, 3, 4}}) {
      for (const bool affine : {true, false}) {
        const auto report =
            test::check_gradients(some_norm<double>(shape[-1], affine), Tensor<double>::randn(shape, random));
        CHECK_MESSAGE(report.ok(), shape.to_string(), ": ", report.where, " is off by ", report.error);
      }
    }
  }

  TEST_CASE("LayerNorm: float agrees with double") {
    Generator random(2);
    const auto single = some_norm<float>(37);
    auto twice = some_norm<double>(37);
    twice.weight.value = single.weight.value.cast<double>();
    twice.bias.value = single.bias.value.cast<double>();
    CHECK(test::float_agrees_with_double(single, twice, Tensor<double>::randn({11, 37}, random, 1, 2), 37));
  }

  TEST_CASE("LayerNorm: every row gets mean 0 and variance 1, in training and evaluation") {
    Generator random(3);
    const Tensor<double> x = Tensor<double>::randn({5, 64}, random, 30, 7);
    Tensor<double> y(x.shape()), in_training(x.shape());
    Context context;
    LayerNorm<double>(64).forward(x, y, context);
    for (Index i = 0; i < 5; ++i) {
      CHECK(std::abs(y[i].array().mean()) <= 1e-13);
      CHECK(y[i].array().square().mean() == doctest::Approx(1).epsilon(1e-6));
    }
    context.begin({.training = true});
    LayerNorm<double>(64).forward(x, in_training, context);
    CHECK(y == in_training);
  }

  TEST_CASE("LayerNorm: a row of equal numbers is finite, and NaN stays in its row") {
    Context context;
    Tensor<float> x = Tensor<float>::full({3, 16}, 1e4f), y(x.shape());
    x(1, 2) = test::not_a_number<float>;
    LayerNorm<float>(16).forward(x, y, context);
    for (Index j = 0; j < 16; ++j) {
      CHECK(y(0, j) == 0);
      CHECK(std::isnan(y(1, j)));
      CHECK(y(2, j) == 0);
    }
  }

  TEST_CASE("LayerNorm: a mean far from 0 costs no precision, forward and backward") {
    for (const float mean : {0.0f, 1e2f, -1e4f, 1e6f}) {
      for (const Index features : {2, 5, 256, 1000, 100'000}) {
        CAPTURE(mean);
        CAPTURE(features);
        Generator random(4);
        const Tensor<float> x = Tensor<float>::randn({3, features}, random, mean, 1),
                            dy = Tensor<float>::randn({3, features}, random);
        Tensor<float> y(x.shape()), dx(x.shape());
        Tensor<double> exact_y(x.shape()), exact_dx(x.shape());
        const auto pass = [&](auto& norm, const auto& in, const auto& up, auto& out, auto& down) {
          Context context;
          norm.forward(in, out, context);
          norm.backward(in, out, up, down, context);
          norm.gradient(in, up, context);
        };
        LayerNorm<float> norm(features);
        LayerNorm<double> exact(features);
        pass(norm, x, dy, y, dx);
        pass(exact, x.cast<double>(), dy.cast<double>(), exact_y, exact_dx);
        const auto error = [](const Tensor<float>& got, const Tensor<double>& wanted) {
          return (got.cast<double>().array() - wanted.array()).abs().maxCoeff() /
                 std::max(1.0, wanted.array().abs().maxCoeff());
        };
        CHECK(error(y, exact_y) <= 2e-6);
        CHECK(error(dx, exact_dx) <= 5e-6);
        CHECK(error(norm.weight.grad(), exact.weight.grad()) <= 2e-6);
        CHECK(error(norm.bias.grad(), exact.bias.grad()) <= 2e-6);
      }
    }
  }

  TEST_CASE("LayerNorm: has PyTorch's names, and refuses invalid shapes and arguments") {
    Sequential<float> net{LayerNorm{4}, LayerNorm{4, {.affine = false}}};
    std::vector<std::string> names;
    for (const auto& parameter : net.named_parameters()) names.push_back(parameter.name);
    CHECK(names == std::vector<std::string>{"0.weight", "0.bias"});
    CHECK(net.named_buffers().empty());
    CHECK(net[0].name() == "LayerNorm(4)");
    CHECK(LayerNorm{4}.output_shape(Shape{2, 3, 4}) == Shape{2, 3, 4});
    CHECK_THROWS_WITH_AS(LayerNorm{4}.output_shape(Shape{2, 3}),
                         "LayerNorm: input has shape [2, 3], expected [..., 4]", ShapeError);
    CHECK_THROWS_AS(LayerNorm{4}.output_shape(Shape{}), ShapeError);
    CHECK_THROWS_AS(LayerNorm{0}, ArgumentError);
    CHECK_THROWS_AS((LayerNorm{2, {.epsilon = -1}}), ArgumentError);
    CHECK_THROWS_WITH_AS((LayerNorm{2, {.epsilon = -1e-9}}), doctest::Contains("epsilon is -1e-09"),
                         ArgumentError);
  }
}
