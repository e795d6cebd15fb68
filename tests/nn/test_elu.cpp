// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/nn/elu.hpp>
#include <gradus/nn/module.hpp>

#include "../support/check_limits.hpp"
#include "../support/extremes.hpp"
#include "../support/numerical_gradient.hpp"

using gradus::Generator;
using gradus::Shape;
using gradus::Tensor;
using gradus::nn::ELU;
namespace test = gradus::test;

TEST_SUITE("nn::ELU") {
  TEST_CASE("ELU: hand-written gradients equal finite differences, for every shape") {
    Generator random(1);
    for (const auto& module : {ELU<double>{}, ELU<double>{1.7}}) {
      for (const Shape& shape : test::element_wise_shapes) {
        const auto report = test::check_gradients(module, test::away_from_zero(shape, random));
        CHECK_MESSAGE(report.ok(), shape.to_string(), ": ", report.where, " is off by ", report.error);
      }
    }
  }

  TEST_CASE("ELU: float agrees with double") {
    Generator random(2);
    for (const Shape& shape : test::element_wise_shapes) {
      const Tensor<double> x = Tensor<double>::randn(shape, random, 0, 3);
      CHECK(test::float_agrees_with_double(ELU<float>{}, ELU<double>{}, x));
      CHECK(test::float_agrees_with_double(ELU<float>{1.7}, ELU<double>{1.7}, x));
    }
  }

  TEST_CASE_TEMPLATE("ELU: large inputs give the limits, and NaN stays NaN", Scalar, float, double) {
    for (const auto& module : {ELU<Scalar>{}, ELU<Scalar>{1.5}}) {
      const Scalar lowest = static_cast<Scalar>(-module.alpha());
      test::check_limits(
          module, [=](Scalar) { return lowest; }, Scalar(0));
    }
  }

  TEST_CASE("ELU: keeps the shape and has a name") {
    CHECK(ELU{}.output_shape(Shape{2, 3, 4}) == Shape{2, 3, 4});
    CHECK(gradus::nn::module_name(ELU{}) == "ELU(1)");
    CHECK(gradus::nn::module_name(ELU{1.5}) == "ELU(1.5)");
  }
}
