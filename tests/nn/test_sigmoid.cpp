// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/nn/sigmoid.hpp>

#include "../support/extremes.hpp"
#include "../support/numerical_gradient.hpp"

using gradus::Generator;
using gradus::Shape;
using gradus::Tensor;
using gradus::nn::Sigmoid;
namespace test = gradus::test;

TEST_SUITE("nn::Sigmoid") {
  TEST_CASE("Sigmoid: hand-written gradients equal finite differences, for every shape") {
    Generator random(1);
    for (const Shape& shape : test::element_wise_shapes) {
      const auto report = test::check_gradients(Sigmoid<double>{}, test::away_from_zero(shape, random));
      CHECK_MESSAGE(report.ok(), shape.to_string(), ": ", report.where, " is off by ", report.error);
    }
  }

  TEST_CASE("Sigmoid: float agrees with double") {
    Generator random(2);
    for (const Shape& shape : test::element_wise_shapes) {
      const Tensor<double> x = Tensor<double>::randn(shape, random);
      CHECK(test::float_agrees_with_double(Sigmoid<float>{}, Sigmoid<double>{}, x));
    }
  }

  TEST_CASE("Sigmoid: keeps the shape and has a name") {
    CHECK(Sigmoid{}.output_shape(Shape{2, 3, 4}) == Shape{2, 3, 4});
    CHECK(gradus::nn::module_name(Sigmoid{}) == "Sigmoid");
  }
}
