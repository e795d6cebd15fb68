// SPDX-License-Identifier: MIT

#include <cmath>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/mean_squared_error.hpp>

#include "../support/extremes.hpp"
#include "../support/numerical_gradient.hpp"

using gradus::Generator;
using gradus::Index;
using gradus::Shape;
using gradus::ShapeError;
using gradus::Tensor;
using gradus::ops::mean_squared_error;
using gradus::ops::Reduction;
namespace test = gradus::test;

TEST_SUITE("mean_squared_error") {
  TEST_CASE("mean_squared_error: the gradient is the derivative of the loss, for every shape") {
    Generator random(1);
    for (const Shape& shape : test::element_wise_shapes) {
      for (const Reduction reduction : {Reduction::mean, Reduction::sum}) {
        Tensor<double> x = Tensor<double>::randn(shape, random);
        const Tensor<double> target = Tensor<double>::randn(shape, random);
        Tensor<double> gradient = Tensor<double>::full(shape, test::not_a_number<double>);
        mean_squared_error<double>(x, target, gradient.view(), reduction);
        const auto loss = [&] { return mean_squared_error<double>(x, target, {}, reduction); };
        CHECK(test::error_in_tolerances(gradient, test::numerical_gradient(x, loss)) <= 1);
      }
    }
  }

  TEST_CASE("mean_squared_error: float agrees with double") {
    Generator random(2);
    const Tensor<float> x = Tensor<float>::randn({257}, random), target = Tensor<float>::randn({257}, random);
    Tensor<float> gradient(x.shape());
    Tensor<double> reference(x.shape());
    const float loss = mean_squared_error<float>(x, target, gradient.view());
    const double exact =
        mean_squared_error<double>(x.cast<double>(), target.cast<double>(), reference.view());
    CHECK(std::abs(static_cast<double>(loss) - exact) <= 16 * double{test::epsilon<float>} * exact);
    CHECK(test::float_agrees(gradient, reference));
  }

  TEST_CASE("mean_squared_error: 0 for a perfect prediction and for an empty batch; NaN stays NaN") {
    const Tensor<float> x{1, 2, 3}, nothing(Shape{0, 3});
    CHECK(mean_squared_error<float>(x, x, {}) == 0);
    CHECK(mean_squared_error<float>(nothing, nothing, {}) == 0);
    CHECK(std::isnan(mean_squared_error<float>(x, Tensor<float>{1, test::not_a_number<float>, 3}, {})));
  }

  TEST_CASE("mean_squared_error: ten million equal errors are accurate to 1e-6") {
    const auto x = Tensor<float>::full({10'000'000}, 0.1f);
    const Tensor<float> zeros(x.shape());
    const double mean = double{0.1f} * double{0.1f};
    CHECK(std::abs(static_cast<double>(mean_squared_error<float>(x, zeros, {})) / mean - 1) <= 3e-7);
    const double sum = static_cast<double>(mean_squared_error<float>(x, zeros, {}, Reduction::sum));
    CHECK(std::abs(sum / (mean * 1e7) - 1) <= 3e-7);
  }

  TEST_CASE("mean_squared_error: mismatched shapes are named") {
    const Tensor<float> x(Shape{2, 3}), target(Shape{3, 2});
    Tensor<float> gradient(Shape{3});
    CHECK_THROWS_WITH_AS(mean_squared_error<float>(x, target, {}),
                         "mean_squared_error: target has shape [3, 2], expected [2, 3]", ShapeError);
    CHECK_THROWS_WITH_AS(mean_squared_error<float>(x, x, gradient.view()),
                         "mean_squared_error: gradient has shape [3], expected [2, 3]", ShapeError);
  }
}
