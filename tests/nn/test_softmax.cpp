// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/nn/softmax.hpp>

#include "../support/numerical_gradient.hpp"

using gradus::Generator;
using gradus::Shape;
using gradus::ShapeError;
using gradus::Tensor;
using gradus::nn::Softmax;
namespace test = gradus::test;

TEST_SUITE("nn::Softmax") {
  TEST_CASE("Softmax: hand-written gradients equal finite differences") {
    Generator random(1);
    for (const Shape& shape : {Shape{1}, Shape{5}, Shape{0, 5}, Shape{1, 7}, Shape{7, 1}, Shape{5, 3},
                               Shape{3, 37}, Shape{2, 3, 4}}) {
      const auto report = test::check_gradients(Softmax<double>{}, Tensor<double>::randn(shape, random));
      CHECK_MESSAGE(report.ok(), shape.to_string(), ": ", report.where, " is off by ", report.error);
    }
  }

  TEST_CASE("Softmax: float agrees with double") {
    Generator random(2);
    const Tensor<double> x = Tensor<double>::randn({5, 37}, random, 0, 5);
    CHECK(test::float_agrees_with_double(Softmax<float>{}, Softmax<double>{}, x, 37));
  }

  TEST_CASE("Softmax: a scalar has no axis to sum over") {
    CHECK(Softmax{}.output_shape(Shape{2, 3}) == Shape{2, 3});
    CHECK_THROWS_WITH_AS(Softmax{}.output_shape(Shape{}), "Softmax: input has shape [], expected [..., C]",
                         ShapeError);
  }
}
