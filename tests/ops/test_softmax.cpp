// SPDX-License-Identifier: MIT

#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/softmax.hpp>

#include "../support/extremes.hpp"
#include "../support/numerical_gradient.hpp"

using gradus::Generator;
using gradus::Index;
using gradus::Shape;
using gradus::ShapeError;
using gradus::Tensor;
namespace ops = gradus::ops;
namespace test = gradus::test;

namespace {

const std::vector<Shape> shapes = {Shape{},     Shape{1},     Shape{5},      Shape{0, 5},
                                   Shape{5, 0}, Shape{1, 1},  Shape{3, 1},   Shape{1, 7},
                                   Shape{4, 5}, Shape{3, 37}, Shape{2, 3, 4}};

template <class Scalar>
Tensor<Scalar> softmax(const Tensor<Scalar>& x) {
  Tensor<Scalar> y(x.shape());
  ops::softmax<Scalar>(x, y.view());
  return y;
}
template <class Scalar>
Tensor<Scalar> log_softmax(const Tensor<Scalar>& x) {
  Tensor<Scalar> y(x.shape());
  ops::log_softmax<Scalar>(x, y.view());
  return y;
}

/// Returns a row long enough for whole SIMD registers and a remainder, with one unusual element.
template <class Scalar>
Tensor<Scalar> row_with(Scalar all, Scalar one, Index at = 5) {
  Tensor<Scalar> x = Tensor<Scalar>::full({1, 37}, all);
  x(0, at) = one;
  return x;
}

}  // namespace

TEST_SUITE("softmax") {
  TEST_CASE_TEMPLATE("softmax, log_softmax: the quotient of exponentials and its logarithm", Scalar, float,
                     double) {
    const Tensor<Scalar> x{{1, 2, 3}, {0, 0, 0}, {-1, 5, 2}};
    const Tensor<Scalar> y = softmax(x), log_y = log_softmax(x);
    for (Index i = 0; i < 3; ++i) {
      double sum = 0;
      for (Index j = 0; j < 3; ++j) sum += std::exp(static_cast<double>(x(i, j)));
      for (Index j = 0; j < 3; ++j) {
        const double p = std::exp(static_cast<double>(x(i, j))) / sum;
        CHECK(static_cast<double>(y(i, j)) == doctest::Approx(p).epsilon(8 * double{test::epsilon<Scalar>}));
        CHECK(static_cast<double>(log_y(i, j)) ==
              doctest::Approx(std::log(p)).epsilon(8 * double{test::epsilon<Scalar>}));
      }
    }
  }

  TEST_CASE_TEMPLATE("softmax: rows sum to 1 and do not change when shifted", Scalar, float, double) {
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
      Generator random(seed);
      const Index classes = 1 + random.below(40);
      Tensor<Scalar> x = Tensor<Scalar>::randn({3, classes}, random, 0, 5);
      // Multiples of 1/1024 up to 32 make the shift itself exact.
      for (Scalar& element : x) {
        element = std::clamp(std::round(element * 1024) / 1024, Scalar(-32), Scalar(32));
      }
      Tensor<Scalar> shifted = x;
      for (Scalar& element : shifted) element += 64;
      const Tensor<Scalar> y = softmax(x);
      REQUIRE(y == softmax(shifted));
      for (Index i = 0; i < 3; ++i) {
        REQUIRE(std::abs(y[i].array().sum() - 1) <= 4 * test::epsilon<Scalar>);
        REQUIRE(y[i].array().minCoeff() >= 0);
        REQUIRE(y[i].array().maxCoeff() <= 1);
      }
    }
  }

  TEST_CASE("softmax_backward: is the derivative of forward, for every shape") {
    Generator random(1);
    for (const Shape& shape : shapes) {
      CAPTURE(shape.to_string());
      Tensor<double> x = Tensor<double>::randn(shape, random);
      const Tensor<double> dy = Tensor<double>::randn(shape, random);
      Tensor<double> y(shape), dx = Tensor<double>::full(shape, test::not_a_number<double>);
      const auto loss = [&] {
        ops::softmax<double>(x, y.view());
        return (y.array() * dy.array()).sum();
      };
      loss();
      ops::softmax_backward<double>(y, dy, dx.view());
      CHECK(test::error_in_tolerances(dx, test::numerical_gradient(x, loss)) <= 1);
      const auto log_loss = [&] {
        ops::log_softmax<double>(x, y.view());
        return (y.array() * dy.array()).sum();
      };
      log_loss();
      ops::log_softmax_backward<double>(y, dy, dx.view());
      CHECK(test::error_in_tolerances(dx, test::numerical_gradient(x, log_loss)) <= 1);
    }
  }

  TEST_CASE("softmax_backward: is linear in the output gradient") {
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
      Generator random(seed);
      const Shape shape{2, 1 + random.below(20)};
      const Tensor<double> y = softmax(Tensor<double>::randn(shape, random));
      const Tensor<double> dy1 = Tensor<double>::randn(shape, random);
      const Tensor<double> dy2 = Tensor<double>::randn(shape, random);
      const Tensor<double> sum(dy1.matrix() - 3 * dy2.matrix());
      Tensor<double> dx1(shape), dx2(shape), dx(shape);
      ops::softmax_backward<double>(y, dy1, dx1.view());
      ops::softmax_backward<double>(y, dy2, dx2.view());
      ops::softmax_backward<double>(y, sum, dx.view());
      REQUIRE((dx.array() - dx1.array() + 3 * dx2.array()).abs().maxCoeff() <= 64 * test::epsilon<double>);
    }
  }

  TEST_CASE_TEMPLATE("softmax, log_softmax: are accurate for inputs of any size", Scalar, float, double) {
    const Scalar tiny = std::numeric_limits<float>::min();
    for (const Scalar big : {Scalar(88.7), Scalar(1e4), test::largest<Scalar>, test::infinity<Scalar>}) {
      CAPTURE(static_cast<double>(big));
      for (const Scalar sign : {Scalar(1), Scalar(-1)}) {
        const Tensor<Scalar> equal = Tensor<Scalar>::full({2, 37}, sign * big);
        for (const Scalar p : softmax(equal)) REQUIRE(std::abs(p - Scalar(1) / 37) <= test::epsilon<Scalar>);
        for (const Scalar p : log_softmax(equal))
          REQUIRE(std::abs(p + std::log(Scalar(37))) <= 8 * test::epsilon<Scalar>);
      }

      const Tensor<Scalar> one_above = row_with<Scalar>(-big, big);
      const Tensor<Scalar> winner = softmax(one_above), log_winner = log_softmax(one_above);
      for (Index j = 0; j < 37; ++j) REQUIRE(std::abs(winner(0, j) - (j == 5 ? 1 : 0)) <= tiny);
      REQUIRE(log_winner(0, 5) == 0);
      REQUIRE(log_winner(0, 6) == -2 * big);

      const Tensor<Scalar> one_below = row_with<Scalar>(big, -big);
      const Tensor<Scalar> loser = softmax(one_below);
      for (Index j = 0; j < 37; ++j)
        REQUIRE(std::abs(loser(0, j) - (j == 5 ? 0 : Scalar(1) / 36)) <= test::epsilon<Scalar>);
      const Scalar log_loser = log_softmax(one_below)(0, 5), expected = -2 * big - std::log(Scalar(36));
      REQUIRE((log_loser == expected || std::abs(log_loser - expected) <= -test::epsilon<Scalar> * expected));
    }
  }

  TEST_CASE_TEMPLATE("softmax: equal infinities share the total", Scalar, float, double) {
    Tensor<Scalar> x = row_with<Scalar>(0, test::infinity<Scalar>);
    x(0, 36) = test::infinity<Scalar>;
    const Tensor<Scalar> y = softmax(x);
    CHECK(y(0, 5) == Scalar(0.5));
    CHECK(y(0, 36) == Scalar(0.5));
    CHECK(y(0, 0) == 0);
  }

  TEST_CASE_TEMPLATE("softmax: NaN makes its own row NaN and no other", Scalar, float, double) {
    for (const Scalar other : {Scalar(0), test::infinity<Scalar>, -test::infinity<Scalar>}) {
      for (Index at = 0; at < 37; ++at) {
        Tensor<Scalar> x = Tensor<Scalar>::full({2, 37}, other);
        x(0, at) = test::not_a_number<Scalar>;
        const Tensor<Scalar> y = softmax(x), log_y = log_softmax(x);
        CAPTURE(at);
        for (Index j = 0; j < 37; ++j) {
          REQUIRE(std::isnan(y(0, j)));
          REQUIRE(std::isnan(log_y(0, j)));
          REQUIRE(std::isfinite(y(1, j)));
          REQUIRE(std::isfinite(log_y(1, j)));
        }
      }
    }
  }

  TEST_CASE("softmax: output and input may share memory") {
    Generator random(1);
    const Tensor<float> x = Tensor<float>::randn({3, 37}, random);
    Tensor<float> y = x;
    ops::softmax<float>(y, y.view());
    CHECK(y == softmax(x));
    y = x;
    ops::log_softmax<float>(y, y.view());
    CHECK(y == log_softmax(x));
  }

  TEST_CASE("softmax: mismatched shapes are named") {
    Tensor<float> x(Shape{2, 3}), y(Shape{3, 2});
    CHECK_THROWS_WITH_AS(ops::softmax<float>(x, y.view()),
                         "softmax: output has shape [3, 2], expected [2, 3]", ShapeError);
    CHECK_THROWS_AS(ops::log_softmax<float>(x, y.view()), ShapeError);
    CHECK_THROWS_AS(ops::softmax_backward<float>(x, y, x.view()), ShapeError);
    CHECK_THROWS_AS(ops::softmax_backward<float>(x, x, y.view()), ShapeError);
    CHECK_THROWS_AS(ops::log_softmax_backward<float>(x, y, x.view()), ShapeError);
    CHECK_THROWS_AS(ops::log_softmax_backward<float>(x, x, y.view()), ShapeError);
  }
}
