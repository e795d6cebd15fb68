// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/ops/batch_norm.hpp>
#include <gradus/ops/batch_statistics.hpp>

#include "../support/numerical_gradient.hpp"

using namespace gradus;

namespace {

/// A batch, its statistics and parameters, and an output gradient.
struct Problem {
  explicit Problem(const Shape& shape)
      : columns{shape[1]}, mean(columns), inverse_deviation(columns), mean_rest(columns) {
    Generator random(1);
    x = Tensor<double>::randn(shape, random, 1, 2);
    dy = Tensor<double>::randn(shape, random);
    weight = Tensor<double>::randn(columns, random);
    bias = Tensor<double>::randn(columns, random);
    use_statistics();
  }
  void use_statistics() {
    Tensor<double> variance(columns);
    ops::batch_statistics<double>(x, mean, variance, mean_rest);
    ops::inverse_deviation<double>(variance, epsilon, inverse_deviation);
  }
  Tensor<double> output() const {
    Tensor<double> y(x.shape());
    ops::batch_norm<double>(x, mean, inverse_deviation, weight, bias, y, mean_rest);
    return y;
  }
  double loss() const { return (output().array() * dy.array()).sum(); }

  static constexpr double epsilon = 0.1;
  Shape columns;
  Tensor<double> x, dy, weight, bias, mean, inverse_deviation, mean_rest;
};

const Shape shapes[] = {{2, 1}, {3, 5}, {9, 17}, {33, 4}};

}  // namespace

TEST_CASE("batch_norm: w (x - m) r + b, where a null weight is 1, and a null bias or remainder is 0") {
  for (const Shape& shape : shapes) {
    CAPTURE(shape.to_string());
    const Problem p(shape);
    Tensor<double> plain(shape);
    ops::batch_norm<double>(p.x, p.mean, p.inverse_deviation, {}, {}, plain);
    const Tensor<double> y = p.output();
    for (Index i = 0; i < shape[0]; ++i)
      for (Index j = 0; j < shape[1]; ++j) {
        const double h = (p.x(i, j) - p.mean(j)) * p.inverse_deviation(j);
        CHECK(plain(i, j) == doctest::Approx(h).epsilon(1e-12));
        CHECK(y(i, j) == doctest::Approx(p.weight(j) * h + p.bias(j)).epsilon(1e-12));
      }
  }
}

TEST_CASE("batch_norm_backward: is the derivative if mean and deviation are those of the batch") {
  for (const Shape& shape : shapes) {
    CAPTURE(shape.to_string());
    Problem p(shape);
    Tensor<double> dx(shape), sum_dy(p.columns), sum_h_dy(p.columns);
    ops::batch_norm_backward<double>(p.x, p.dy, p.mean, p.inverse_deviation, p.weight, dx, sum_dy, sum_h_dy,
                                     p.mean_rest);
    const auto expected = test::numerical_gradient(p.x, [&] {
      p.use_statistics();
      return p.loss();
    });
    CHECK(test::error_in_tolerances(dx, expected) <= 1);
  }
}

TEST_CASE("batch_norm_fixed_backward: is the derivative if mean and deviation are constants") {
  for (const Shape& shape : shapes) {
    Problem p(shape);
    Tensor<double> dx(shape);
    ops::batch_norm_fixed_backward<double>(p.dy, p.inverse_deviation, p.weight, dx);
    CHECK(test::error_in_tolerances(dx, test::numerical_gradient(p.x, [&] { return p.loss(); })) <= 1);
  }
}

TEST_CASE("batch_norm_parameter_gradient: adds the derivatives with respect to weight and bias") {
  for (const Shape& shape : shapes) {
    Problem p(shape);
    Tensor<double> dweight = Tensor<double>::full(p.columns, 3), dbias = Tensor<double>::full(p.columns, 5);
    ops::batch_norm_parameter_gradient<double>(p.x, p.dy, p.mean, p.inverse_deviation, dweight, dbias,
                                               p.mean_rest);
    for (double& element : dweight) element -= 3;
    for (double& element : dbias) element -= 5;
    CHECK(test::error_in_tolerances(dweight, test::numerical_gradient(p.weight, [&] { return p.loss(); })) <=
          1);
    CHECK(test::error_in_tolerances(dbias, test::numerical_gradient(p.bias, [&] { return p.loss(); })) <= 1);
  }
}

TEST_CASE("batch_norm: NaN stays in its column, forward and backward") {
  Problem p({4, 3});
  p.x(2, 1) = std::numeric_limits<double>::quiet_NaN();
  p.use_statistics();
  Tensor<double> dx(p.x.shape()), sum_dy(p.columns), sum_h_dy(p.columns);
  ops::batch_norm_backward<double>(p.x, p.dy, p.mean, p.inverse_deviation, p.weight, dx, sum_dy, sum_h_dy,
                                   p.mean_rest);
  const Tensor<double> y = p.output();
  for (Index i = 0; i < 4; ++i)
    for (Index j = 0; j < 3; ++j) {
      CHECK(std::isnan(y(i, j)) == (j == 1));
      CHECK(std::isnan(dx(i, j)) == (j == 1));
    }
}
