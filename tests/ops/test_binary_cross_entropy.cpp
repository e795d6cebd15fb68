// SPDX-License-Identifier: MIT

#include <cmath>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/binary_cross_entropy.hpp>

#include "../support/extremes.hpp"
#include "../support/numerical_gradient.hpp"

using gradus::Generator;
using gradus::Index;
using gradus::Shape;
using gradus::ShapeError;
using gradus::Tensor;
using gradus::ops::binary_cross_entropy;
using gradus::ops::Reduction;
namespace test = gradus::test;

TEST_SUITE("binary_cross_entropy") {
  TEST_CASE("binary_cross_entropy: the gradient is the derivative of the loss, for every shape") {
    Generator random(1);
    for (const Shape& shape : test::element_wise_shapes) {
      for (const Reduction reduction : {Reduction::mean, Reduction::sum}) {
        Tensor<double> x = test::away_from_zero(shape, random);
        const Tensor<double> target = Tensor<double>::uniform(shape, random);
        Tensor<double> gradient = Tensor<double>::full(shape, test::not_a_number<double>);
        binary_cross_entropy<double>(x, target, gradient.view(), reduction);
        const auto loss = [&] { return binary_cross_entropy<double>(x, target, {}, reduction); };
        CHECK(test::error_in_tolerances(gradient, test::numerical_gradient(x, loss)) <= 1);
      }
    }
  }

  TEST_CASE("binary_cross_entropy: float agrees with double") {
    Generator random(2);
    const Tensor<float> x = Tensor<float>::randn({257}, random, 0, 5),
                        target = Tensor<float>::uniform({257}, random);
    Tensor<float> gradient(x.shape());
    Tensor<double> reference(x.shape());
    const float loss = binary_cross_entropy<float>(x, target, gradient.view());
    const double exact =
        binary_cross_entropy<double>(x.cast<double>(), target.cast<double>(), reference.view());
    CHECK(std::abs(static_cast<double>(loss) - exact) <= 16 * double{test::epsilon<float>} * exact);
    CHECK(test::float_agrees(gradient, reference));
  }

  TEST_CASE_TEMPLATE("binary_cross_entropy: does not overflow for logits of any size", Scalar, float,
                     double) {
    const Scalar tiny = std::numeric_limits<float>::min();
    for (const Scalar big : {Scalar(88.7), Scalar(1e4), test::largest<Scalar> / 2, test::infinity<Scalar>}) {
      for (const Scalar sign : {Scalar(1), Scalar(-1)}) {
        CAPTURE(static_cast<double>(sign * big));
        const Tensor<Scalar> x = Tensor<Scalar>::full({37}, sign * big);
        const Tensor<Scalar> right = Tensor<Scalar>::full({37}, sign > 0 ? 1 : 0);
        const Tensor<Scalar> wrong = Tensor<Scalar>::full({37}, sign > 0 ? 0 : 1);
        Tensor<Scalar> gradient(Shape{37});
        CHECK(binary_cross_entropy<Scalar>(x, right, gradient.view()) <= 37 * tiny);
        CHECK(gradient.array().abs().maxCoeff() <= tiny);
        const Scalar loss = binary_cross_entropy<Scalar>(x, wrong, gradient.view());
        CHECK((loss == big || std::abs(loss - big) <= 37 * test::epsilon<Scalar> * big));
        CHECK(std::abs(gradient(3) - sign / 37) <= test::epsilon<Scalar>);
        CHECK(gradient.array().isFinite().all());
      }
    }
  }

  TEST_CASE_TEMPLATE("binary_cross_entropy: NaN gives NaN, at every position and for every target", Scalar,
                     float, double) {
    for (const Scalar target : {Scalar(0), Scalar(0.5), Scalar(1)}) {
      for (Index at = 0; at < 37; ++at) {
        Tensor<Scalar> x(Shape{37}), gradient(Shape{37});
        x(at) = test::not_a_number<Scalar>;
        REQUIRE(
            std::isnan(binary_cross_entropy<Scalar>(x, Tensor<Scalar>::full({37}, target), gradient.view())));
        REQUIRE(std::isnan(gradient(at)));
      }
    }
  }

  TEST_CASE("binary_cross_entropy: ten million equal losses are accurate to 1e-6") {
    for (const float target : {0.0f, 0.25f, 1.0f}) {
      const auto x = Tensor<float>::full({10'000'000}, 0.1f),
                 targets = Tensor<float>::full(x.shape(), target);
      const double logit = double{0.1f}, loss = std::log1p(std::exp(logit)) - logit * double{target};
      CHECK(std::abs(static_cast<double>(binary_cross_entropy<float>(x, targets, {})) / loss - 1) <= 5e-7);
      const double sum = static_cast<double>(binary_cross_entropy<float>(x, targets, {}, Reduction::sum));
      CHECK(std::abs(sum / (loss * 1e7) - 1) <= 5e-7);
    }
  }

  TEST_CASE("binary_cross_entropy: an empty batch has loss 0, and mismatched shapes are named") {
    const Tensor<float> nothing(Shape{0, 3}), x(Shape{2, 3});
    Tensor<float> gradient(Shape{3});
    CHECK(binary_cross_entropy<float>(nothing, nothing, {}) == 0);
    CHECK_THROWS_WITH_AS(binary_cross_entropy<float>(x, nothing, {}),
                         "binary_cross_entropy: target has shape [0, 3], expected [2, 3]", ShapeError);
    CHECK_THROWS_WITH_AS(binary_cross_entropy<float>(x, x, gradient.view()),
                         "binary_cross_entropy: gradient has shape [3], expected [2, 3]", ShapeError);
  }
}
