// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/nn/flatten.hpp>

#include "../support/numerical_gradient.hpp"

using gradus::Generator;
using gradus::Shape;
using gradus::ShapeError;
using gradus::Tensor;
using gradus::nn::Flatten;
namespace test = gradus::test;

TEST_SUITE("nn::Flatten") {
  TEST_CASE("Flatten: turns each sample into a vector") {
    const Flatten<float> flatten;
    CHECK(flatten.output_shape(Shape{32, 28, 28}) == Shape{32, 784});
    CHECK(flatten.output_shape(Shape{32, 1, 28, 28}) == Shape{32, 784});
    CHECK(flatten.output_shape(Shape{32, 7}) == Shape{32, 7});
    CHECK(flatten.output_shape(Shape{32}) == Shape{32, 1});
    CHECK(flatten.output_shape(Shape{0, 28, 28}) == Shape{0, 784});
    CHECK_THROWS_WITH_AS(flatten.output_shape(Shape{}), "Flatten: input has shape [], expected [N, ...]",
                         ShapeError);
  }

  TEST_CASE("Flatten: keeps the row-major order, forward and backward") {
    gradus::nn::Context context;
    const Tensor<float> x{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}};
    const Tensor<float> dy{{8, 7, 6, 5}, {4, 3, 2, 1}};
    Tensor<float> y(Shape{2, 4}), dx(x.shape());
    Flatten<float>{}.forward(x, y, context);
    Flatten<float>{}.backward(x, y, dy, dx, context);
    CHECK(y == Tensor<float>{{1, 2, 3, 4}, {5, 6, 7, 8}});
    CHECK(dx == Tensor<float>{{{8, 7}, {6, 5}}, {{4, 3}, {2, 1}}});
  }

  TEST_CASE("Flatten: hand-written gradients equal finite differences") {
    Generator random(1);
    for (const Shape& shape : {Shape{0, 2, 3}, Shape{1, 1, 1}, Shape{3, 5, 7}, Shape{4}}) {
      CHECK(test::check_gradients(Flatten<double>{}, Tensor<double>::randn(shape, random)).ok());
    }
  }
}
