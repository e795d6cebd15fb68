// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/nn/gelu.hpp>
#include <gradus/nn/module.hpp>

#include "../support/check_limits.hpp"
#include "../support/extremes.hpp"
#include "../support/numerical_gradient.hpp"

using gradus::Generator;
using gradus::Shape;
using gradus::Tensor;
using gradus::nn::GELU;
namespace test = gradus::test;

TEST_SUITE("nn::GELU") {
  TEST_CASE("GELU: hand-written gradients equal finite differences, for every shape") {
    Generator random(1);
    for (const auto& module : {GELU<double>{}, GELU<double>{gradus::nn::GELUForm::tanh}}) {
      for (const Shape& shape : test::element_wise_shapes) {
        const auto report = test::check_gradients(module, test::away_from_zero(shape, random));
        CHECK_MESSAGE(report.ok(), shape.to_string(), ": ", report.where, " is off by ", report.error);
      }
    }
  }

  TEST_CASE("GELU: float agrees with double") {
    Generator random(2);
    for (const Shape& shape : test::element_wise_shapes) {
      const Tensor<double> x = Tensor<double>::randn(shape, random, 0, 3);
      CHECK(test::float_agrees_with_double(GELU<float>{}, GELU<double>{}, x));
      CHECK(test::float_agrees_with_double(GELU<float>{gradus::nn::GELUForm::tanh},
                                           GELU<double>{gradus::nn::GELUForm::tanh}, x));
    }
  }

  TEST_CASE_TEMPLATE("GELU: large inputs give the limits, and NaN stays NaN", Scalar, float, double) {
    for (const auto& module : {GELU<Scalar>{}, GELU<Scalar>{gradus::nn::GELUForm::tanh}})
      test::check_limits(
          module, [](Scalar) { return Scalar(0); }, Scalar(0));
  }

  TEST_CASE("GELU: keeps the shape and has a name") {
    CHECK(GELU{}.output_shape(Shape{2, 3, 4}) == Shape{2, 3, 4});
    CHECK(gradus::nn::module_name(GELU{}) == "GELU");
    CHECK(gradus::nn::module_name(GELU{gradus::nn::GELUForm::tanh}) == "GELU(tanh)");
  }
}
