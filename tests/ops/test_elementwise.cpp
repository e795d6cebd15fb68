// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/elementwise.hpp>

#include "elementwise_checks.hpp"

using namespace gradus;

TEST_SUITE("elementwise") {
  TEST_CASE("elementwise: values and derivatives are right at known points") {
    Tensor<double> y(Shape{3}), dx(Shape{3});
    const Tensor<double> x{1, 4, 0.25}, ones{1, 1, 1};
    ops::sqrt<double>(x, y.view());
    CHECK(y == Tensor<double>{1, 2, 0.5});
    ops::sqrt_backward<double>(y, ones, dx.view());
    CHECK(dx == Tensor<double>{0.5, 0.25, 1});
    ops::log_backward<double>(x, ones, dx.view());
    CHECK(dx == Tensor<double>{1, 0.25, 4});
    ops::pow<double>(x, 3, y.view());
    CHECK(y == Tensor<double>{1, 64, 1.0 / 64});
    ops::pow_backward<double>(x, 3, ones, dx.view());
    CHECK(dx == Tensor<double>{3, 48, 3.0 / 16});
  }

  TEST_CASE("elementwise: kinks have PyTorch's derivatives") {
    Tensor<double> dx(Shape{3});
    const Tensor<double> x{-1, 0, 1}, dy{5, 5, 5};
    ops::abs_backward<double>(x, dy, dx.view());
    CHECK(dx == Tensor<double>{-5, 0, 5});
    ops::clamp_backward<double>(x, -1, 0, dy, dx.view());
    CHECK(dx == Tensor<double>{5, 5, 0});
    ops::pow_backward<double>(x, 0, dy, dx.view());
    CHECK(dx == Tensor<double>{0, 0, 0});
  }

  TEST_CASE("elementwise: NaN never becomes a number, and infinities keep their meaning") {
    constexpr float inf = std::numeric_limits<float>::infinity(),
                    nan = std::numeric_limits<float>::quiet_NaN();
    const Tensor<float> x{nan, inf, -inf};
    Tensor<float> y(Shape{3});
    ops::clamp<float>(x, -1, 1, y.view());
    CHECK(std::isnan(y(0)));
    CHECK(y(1) == 1);
    CHECK(y(2) == -1);
    ops::exp<float>(x, y.view());
    CHECK(std::isnan(y(0)));
    CHECK(y(1) == inf);
    CHECK(y(2) == 0);
  }

  TEST_CASE("elementwise: works in place and checks shapes") {
    Tensor<double> x{1, 4};
    ops::sqrt<double>(x, x.view());
    CHECK(x == Tensor<double>{1, 2});
    CHECK_THROWS_WITH_AS(ops::exp<double>(x, Tensor<double>(Shape{3}).view()),
                         "exp: output has shape [3], expected [2]", ShapeError);
  }
}

TEST_CASE_TEMPLATE("exp, log, sqrt: are right at all limits and at every position", S, float, double) {
  using gradus::test::check_elementwise, gradus::test::with_output_gradient;
  using gradus::test::Wide;
  constexpr Wide smallest = std::numeric_limits<S>::min(), dy = gradus::test::output_gradient;
  check_elementwise<S>({"exp", ops::exp<S>, [](Wide x) { return std::exp(x); }, 1.1});
  check_elementwise<S>({"log", ops::log<S>, [](Wide x) { return std::log(x); }, 1});
  check_elementwise<S>({"sqrt", ops::sqrt<S>, [](Wide x) { return std::sqrt(x); }, 0.5});
  check_elementwise<S>(
      {"exp_backward", with_output_gradient<S>(ops::exp_backward<S>), [](Wide y) { return dy * y; }, 0.5});
  check_elementwise<S>(
      {"log_backward", with_output_gradient<S>(ops::log_backward<S>), [](Wide x) { return dy / x; }, 0.5});
  // 2 y may overflow
  check_elementwise<S>({"sqrt_backward", with_output_gradient<S>(ops::sqrt_backward<S>),
                        [](Wide y) { return dy / (2 * y); }, 1, smallest});
}
