// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/nn/relu.hpp>

#include "../support/extremes.hpp"
#include "../support/numerical_gradient.hpp"

using gradus::Generator;
using gradus::Shape;
using gradus::Tensor;
using gradus::nn::ReLU;
namespace test = gradus::test;

TEST_SUITE("nn::ReLU") {
  TEST_CASE("ReLU: hand-written gradients equal finite differences, for every shape") {
    Generator random(1);
    for (const Shape& shape : test::element_wise_shapes) {
      const auto report = test::check_gradients(ReLU<double>{}, test::away_from_zero(shape, random));
      CHECK_MESSAGE(report.ok(), shape.to_string(), ": ", report.where, " is off by ", report.error);
    }
  }

  TEST_CASE("ReLU: float agrees with double") {
    Generator random(2);
    for (const Shape& shape : test::element_wise_shapes) {
      const Tensor<double> x = Tensor<double>::randn(shape, random);
      CHECK(test::float_agrees_with_double(ReLU<float>{}, ReLU<double>{}, x));
    }
  }

  TEST_CASE("ReLU: keeps the shape and has a name") {
    CHECK(ReLU{}.output_shape(Shape{2, 3, 4}) == Shape{2, 3, 4});
    CHECK(gradus::nn::module_name(ReLU{}) == "ReLU");
  }
}
