// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/nn/module.hpp>
#include <gradus/nn/silu.hpp>

#include "../support/check_limits.hpp"
#include "../support/extremes.hpp"
#include "../support/numerical_gradient.hpp"

using gradus::Generator;
using gradus::Shape;
using gradus::Tensor;
using gradus::nn::SiLU;
namespace test = gradus::test;

TEST_SUITE("nn::SiLU") {
  TEST_CASE("SiLU: hand-written gradients equal finite differences, for every shape") {
    Generator random(1);
    for (const auto& module : {SiLU<double>{}}) {
      for (const Shape& shape : test::element_wise_shapes) {
        const auto report = test::check_gradients(module, test::away_from_zero(shape, random));
        CHECK_MESSAGE(report.ok(), shape.to_string(), ": ", report.where, " is off by ", report.error);
      }
    }
  }

  TEST_CASE("SiLU: float agrees with double") {
    Generator random(2);
    for (const Shape& shape : test::element_wise_shapes) {
      const Tensor<double> x = Tensor<double>::randn(shape, random, 0, 3);
      CHECK(test::float_agrees_with_double(SiLU<float>{}, SiLU<double>{}, x));
    }
  }

  TEST_CASE_TEMPLATE("SiLU: large inputs give the limits, and NaN stays NaN", Scalar, float, double) {
    test::check_limits(
        SiLU<Scalar>{}, [](Scalar) { return Scalar(0); }, Scalar(0));
  }

  TEST_CASE("SiLU: keeps the shape and has a name") {
    CHECK(SiLU{}.output_shape(Shape{2, 3, 4}) == Shape{2, 3, 4});
    CHECK(gradus::nn::module_name(SiLU{}) == "SiLU");
  }
}
