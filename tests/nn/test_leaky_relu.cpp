// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/nn/leaky_relu.hpp>
#include <gradus/nn/module.hpp>

#include "../support/check_limits.hpp"
#include "../support/extremes.hpp"
#include "../support/numerical_gradient.hpp"

using gradus::Generator;
using gradus::Shape;
using gradus::Tensor;
using gradus::nn::LeakyReLU;
namespace test = gradus::test;

TEST_SUITE("nn::LeakyReLU") {
  TEST_CASE("LeakyReLU: hand-written gradients equal finite differences, for every shape") {
    Generator random(1);
    for (const auto& module : {LeakyReLU<double>{}, LeakyReLU<double>{0.3}}) {
      for (const Shape& shape : test::element_wise_shapes) {
        const auto report = test::check_gradients(module, test::away_from_zero(shape, random));
        CHECK_MESSAGE(report.ok(), shape.to_string(), ": ", report.where, " is off by ", report.error);
      }
    }
  }

  TEST_CASE("LeakyReLU: float agrees with double") {
    Generator random(2);
    for (const Shape& shape : test::element_wise_shapes) {
      const Tensor<double> x = Tensor<double>::randn(shape, random, 0, 3);
      CHECK(test::float_agrees_with_double(LeakyReLU<float>{}, LeakyReLU<double>{}, x));
      CHECK(test::float_agrees_with_double(LeakyReLU<float>{0.3}, LeakyReLU<double>{0.3}, x));
    }
  }

  TEST_CASE_TEMPLATE("LeakyReLU: large inputs give the limits, and NaN stays NaN", Scalar, float, double) {
    for (const auto& module : {LeakyReLU<Scalar>{}, LeakyReLU<Scalar>{0.25}}) {
      const Scalar slope = static_cast<Scalar>(module.slope());
      test::check_limits(
          module, [=](Scalar x) { return slope * x; }, slope);
    }
  }

  TEST_CASE("LeakyReLU: keeps the shape and has a name") {
    CHECK(LeakyReLU{}.output_shape(Shape{2, 3, 4}) == Shape{2, 3, 4});
    CHECK(gradus::nn::module_name(LeakyReLU{}) == "LeakyReLU(0.01)");
    CHECK(gradus::nn::module_name(LeakyReLU{0.3}) == "LeakyReLU(0.3)");
  }
}
