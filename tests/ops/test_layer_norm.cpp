// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/ops/layer_norm.hpp>

#include "../support/numerical_gradient.hpp"

using namespace gradus;

namespace {

constexpr double epsilon = 0.1;

Index rows_of(const Shape& shape) { return shape.rank() == 0 ? 1 : shape.size() / shape[-1]; }

/// Rows, their scale and shift, and an output gradient.
struct Problem {
  explicit Problem(const Shape& shape)
      : y(shape), mean(Shape{rows_of(shape)}), inverse_deviation(mean.shape()), mean_rest(mean.shape()) {
    Generator random(1);
    const Shape columns{shape.rank() == 0 ? 1 : shape[-1]};
    x = Tensor<double>::randn(shape, random, 1, 2);
    dy = Tensor<double>::randn(shape, random);
    weight = Tensor<double>::randn(columns, random);
    bias = Tensor<double>::randn(columns, random);
    forward();
  }
  void forward() { ops::layer_norm<double>(x, weight, bias, epsilon, y, mean, inverse_deviation, mean_rest); }
  double loss() {
    forward();
    return (y.array() * dy.array()).sum();
  }
  Tensor<double> x, dy, weight, bias, y, mean, inverse_deviation, mean_rest;
};

const Shape shapes[] = {{}, {1}, {5}, {3, 4}, {2, 3, 17}, {4, 1}, {2, 130}};

}  // namespace

TEST_CASE("layer_norm: w (x - m) / sqrt(v + eps) + b per row, compared with a loop") {
  for (const Shape& shape : shapes) {
    CAPTURE(shape.to_string());
    const Problem p(shape);
    const Index columns = p.weight.size();
    for (Index i = 0; i < rows_of(shape); ++i) {
      const double* const row = p.x.data() + i * columns;
      double mean = 0, variance = 0;
      for (Index j = 0; j < columns; ++j) mean += row[j] / static_cast<double>(columns);
      for (Index j = 0; j < columns; ++j)
        variance += (row[j] - mean) * (row[j] - mean) / static_cast<double>(columns);
      const double r = 1 / std::sqrt(variance + epsilon);
      CHECK(p.mean(i) + p.mean_rest(i) == doctest::Approx(mean).epsilon(1e-12));
      CHECK(p.inverse_deviation(i) == doctest::Approx(r).epsilon(1e-12));
      for (Index j = 0; j < columns; ++j)
        CHECK(p.y.data()[i * columns + j] ==
              doctest::Approx(p.weight(j) * (row[j] - mean) * r + p.bias(j)).epsilon(1e-10));
    }
  }
}

TEST_CASE("layer_norm: a null weight is 1, a null bias 0, and the remainder of the mean is optional") {
  const Problem p({2, 3});
  Tensor<double> plain(p.x.shape()), mean(Shape{2}), r(Shape{2});
  ops::layer_norm<double>(p.x, {}, {}, epsilon, plain, mean, r);
  for (Index i = 0; i < 2; ++i)
    for (Index j = 0; j < 3; ++j)
      CHECK(p.weight(j) * plain(i, j) + p.bias(j) == doctest::Approx(p.y(i, j)).epsilon(1e-12));
}

TEST_CASE("layer_norm_backward: equals finite differences") {
  for (const Shape& shape : shapes) {
    CAPTURE(shape.to_string());
    Problem p(shape);
    Tensor<double> dx(shape), dweight = Tensor<double>::full(p.weight.shape(), 3),
                              dbias = Tensor<double>::full(p.bias.shape(), 5);
    ops::layer_norm_backward<double>(p.x, p.dy, p.weight, p.mean, p.inverse_deviation, dx, p.mean_rest);
    ops::layer_norm_parameter_gradient<double>(p.x, p.dy, p.mean, p.inverse_deviation, dweight, dbias,
                                               p.mean_rest);
    for (double& element : dweight) element -= 3;  // it accumulates
    for (double& element : dbias) element -= 5;
    const auto loss = [&] { return p.loss(); };
    CHECK(test::error_in_tolerances(dx, test::numerical_gradient(p.x, loss)) <= 1);
    CHECK(test::error_in_tolerances(dweight, test::numerical_gradient(p.weight, loss)) <= 1);
    CHECK(test::error_in_tolerances(dbias, test::numerical_gradient(p.bias, loss)) <= 1);
  }
}

TEST_CASE_TEMPLATE("layer_norm: numbers far from 0 keep their digits, and NaN stays in its row", S, float,
                   double) {
  constexpr S nan = std::numeric_limits<S>::quiet_NaN(), infinity = std::numeric_limits<S>::infinity();
  const S far = sizeof(S) == 4 ? S(1e6) : S(1e15);
  const Tensor<S> x{
      {far, far + 1, far + 2}, {S(0.1), S(0.1), S(0.1)}, {1, nan, 2}, {1, infinity, 2}, {1, 2, 3}};
  Tensor<S> y(x.shape()), mean(Shape{5}), r(Shape{5});
  ops::layer_norm<S>(x, {}, {}, 1e-5, y, mean, r);
  for (Index j = 0; j < 3; ++j) {
    CHECK(y(0, j) == doctest::Approx(y(4, j)).epsilon(1e-4));
    CHECK(y(1, j) == 0);
    CHECK(std::isnan(y(2, j)));
    CHECK(std::isfinite(y(4, j)));
  }
  CHECK_FALSE(std::isfinite(mean(3)));
}
