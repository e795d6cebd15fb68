// SPDX-License-Identifier: MIT

#include <cmath>

#include <doctest/doctest.h>

#include <gradus/nn/dropout.hpp>

#include "../support/extremes.hpp"
#include "../support/numerical_gradient.hpp"

using gradus::ArgumentError;
using gradus::Generator;
using gradus::Index;
using gradus::Shape;
using gradus::StateError;
using gradus::Tensor;
using gradus::nn::Context;
using gradus::nn::Dropout;
namespace test = gradus::test;

TEST_SUITE("nn::Dropout") {
  TEST_CASE("Dropout: hand-written gradients equal finite differences, in training and evaluation") {
    for (const double p : {0.0, 0.2, 0.5, 0.9, 1.0}) {
      for (const Shape& shape : test::element_wise_shapes) {
        for (const bool training : {false, true}) {
          Generator random(1);
          const auto report =
              test::check_gradients(Dropout<double>(p), Tensor<double>::randn(shape, random), training);
          CHECK_MESSAGE(report.ok(), shape.to_string(), ": ", report.where, " is off by ", report.error);
        }
      }
    }
  }

  TEST_CASE_TEMPLATE("Dropout: drops a share p and scales the rest, so the expectation is preserved", Scalar,
                     float, double) {
    const Index n = 100'000;
    for (const double p : {0.0, 0.2, 0.5, 0.9, 1.0}) {
      CAPTURE(p);
      Generator random(2);
      Context context;
      context.begin({.training = true, .random = &random});
      const Tensor<Scalar> x = Tensor<Scalar>::ones({n});
      Tensor<Scalar> y(x.shape());
      Dropout<Scalar>(p).forward(x, y, context);
      const double dropped = static_cast<double>((y.array() == Scalar(0)).count());
      CHECK(std::abs(dropped - n * p) <= 4 * std::sqrt(n * p * (1 - p)));
      if (p < 1) {
        CHECK(y.array().maxCoeff() == static_cast<Scalar>(1 / (1 - p)));
        const double mean = static_cast<double>(y.array().template cast<double>().sum()) / n;
        CHECK(std::abs(mean - 1) <= 4 * std::sqrt(p / (1 - p) / n));
      }
    }
  }

  TEST_CASE("Dropout: backward drops what forward dropped") {
    Generator random(3);
    Context context;
    context.begin({.training = true, .random = &random});
    const Tensor<float> x = Tensor<float>::ones({8, 37}), dy = Tensor<float>::full({8, 37}, 3);
    Tensor<float> y(x.shape()), dx(x.shape());
    const Dropout<float> dropout(0.4);
    for (int pass = 0; pass < 3; ++pass) {
      dropout.forward(x, y, context);
      dropout.backward(x, y, dy, dx, context);
      for (Index i = 0; i < x.size(); ++i) {
        const float expected = y.data()[i] * 3;
        REQUIRE(std::abs(dx.data()[i] - expected) <= 2 * test::epsilon<float> * expected);
      }
    }
  }

  TEST_CASE("Dropout: is the identity outside training and draws nothing") {
    Generator random(4);
    Context context;
    const Tensor<float> x = Tensor<float>::randn({37}, random);
    Tensor<float> y(x.shape());
    const Dropout<float> dropout(0.9);
    CHECK(dropout.is_identity(context));
    CHECK_NOTHROW(dropout.forward(x, y, context));
    CHECK(y == x);
    context.begin({.training = true});
    CHECK_FALSE(dropout.is_identity(context));
    CHECK(Dropout<float>(0).is_identity(context));
  }

  TEST_CASE("Dropout: training without a generator is an error") {
    Context context;
    context.begin({.training = true});
    Tensor<float> x(Shape{3}), y(Shape{3});
    CHECK_THROWS_AS(Dropout<float>(0.5).forward(x, y, context), StateError);
  }

  TEST_CASE("Dropout: a probability outside [0, 1] is refused") {
    CHECK_THROWS_AS(Dropout<float>(-0.1), ArgumentError);
    CHECK_THROWS_WITH_AS(Dropout<float>(-1e-9), "Dropout: probability is -1e-09, expected a number in [0, 1]",
                         ArgumentError);
    CHECK_THROWS_AS(Dropout<float>(1.1), ArgumentError);
    CHECK_THROWS_AS(Dropout<float>(test::not_a_number<double>), ArgumentError);
    CHECK(Dropout{}.p() == 0.5);
    CHECK(gradus::nn::module_name(Dropout{0.25}) == "Dropout(0.25)");
  }
}
