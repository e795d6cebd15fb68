// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/nn/module.hpp>
#include <gradus/nn/softplus.hpp>

#include "../support/check_limits.hpp"
#include "../support/extremes.hpp"
#include "../support/numerical_gradient.hpp"

using gradus::Generator;
using gradus::Shape;
using gradus::Tensor;
using gradus::nn::Softplus;
namespace test = gradus::test;

TEST_SUITE("nn::Softplus") {
  TEST_CASE("Softplus: hand-written gradients equal finite differences, for every shape") {
    Generator random(1);
    for (const auto& module : {Softplus<double>{}, Softplus<double>{{.beta = 2.5, .threshold = 30}},
                               Softplus<double>{{.beta = 5, .threshold = 1000}}}) {
      for (const Shape& shape : test::element_wise_shapes) {
        const auto report = test::check_gradients(module, test::away_from_zero(shape, random));
        CHECK_MESSAGE(report.ok(), shape.to_string(), ": ", report.where, " is off by ", report.error);
      }
    }
  }

  TEST_CASE("Softplus: float agrees with double") {
    Generator random(2);
    for (const Shape& shape : test::element_wise_shapes) {
      const Tensor<double> x = Tensor<double>::randn(shape, random, 0, 3);
      CHECK(test::float_agrees_with_double(Softplus<float>{}, Softplus<double>{}, x));
      CHECK(test::float_agrees_with_double(Softplus<float>{{.beta = 2.5, .threshold = 30}},
                                           Softplus<double>{{.beta = 2.5, .threshold = 30}}, x));
    }
  }

  TEST_CASE_TEMPLATE("Softplus: large inputs give the limits, and NaN stays NaN", Scalar, float, double) {
    for (const auto& module : {Softplus<Scalar>{}, Softplus<Scalar>{{.beta = 2, .threshold = 1000}}})
      test::check_limits(
          module, [](Scalar) { return Scalar(0); }, Scalar(0));
  }

  TEST_CASE("Softplus: keeps the shape and has a name") {
    CHECK(Softplus{}.output_shape(Shape{2, 3, 4}) == Shape{2, 3, 4});
    CHECK(gradus::nn::module_name(Softplus{}) == "Softplus(1)");
    CHECK(gradus::nn::module_name(Softplus{{.beta = 2, .threshold = 30}}) == "Softplus(2)");
  }
}
