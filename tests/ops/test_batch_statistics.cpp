// SPDX-License-Identifier: MIT

#include <cmath>
#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/ops/batch_statistics.hpp>

using namespace gradus;

namespace {

template <class S>
struct Statistics {
  explicit Statistics(const Tensor<S>& x)
      : mean(Shape{x.shape()[1]}), variance(mean.shape()), rest(mean.shape()) {
    ops::batch_statistics<S>(x, mean, variance, rest);
  }
  Tensor<S> mean, variance, rest;
};

}  // namespace

TEST_CASE_TEMPLATE("batch_statistics: mean and variance of every column equal a loop", S, float, double) {
  Generator random(1);
  for (const Shape& shape : {Shape{1, 1}, Shape{2, 3}, Shape{9, 17}, Shape{40, 33}, Shape{3, 1025}}) {
    CAPTURE(shape.to_string());
    const Tensor<S> x = Tensor<S>::randn(shape, random, 2, 3);
    const Statistics<S> found(x);
    for (Index j = 0; j < shape[1]; ++j) {
      long double sum = 0, squares = 0;
      for (Index i = 0; i < shape[0]; ++i) sum += x(i, j);
      const long double mean = sum / shape[0];
      for (Index i = 0; i < shape[0]; ++i) squares += (x(i, j) - mean) * (x(i, j) - mean);
      const long double eps = std::numeric_limits<S>::epsilon();
      CHECK(std::abs(static_cast<long double>(found.mean(j)) + found.rest(j) - mean) <= 8 * eps);
      CHECK(std::abs(found.variance(j) - squares / shape[0]) <= 8 * eps * (1 + squares / shape[0]));
    }
  }
}

TEST_CASE_TEMPLATE("batch_statistics: the deviation of numbers far from 0 is accurate", S, float, double) {
  const S far = sizeof(S) == 4 ? S(1e6) : S(1e15);
  const Statistics<S> found(Tensor<S>{{far}, {far + 1}, {far + 2}});
  CHECK(found.mean(0) == far + 1);
  CHECK(found.variance(0) == doctest::Approx(2.0 / 3).epsilon(1e-6));
  const S digits_end = sizeof(S) == 4 ? S(1 << 23) : S(std::int64_t{1} << 52);  // the next number is 1 larger
  const Statistics<S> between(Tensor<S>{{digits_end}, {digits_end}, {digits_end + 1}});
  CHECK(between.mean(0) == digits_end);
  CHECK(between.rest(0) == doctest::Approx(1.0 / 3).epsilon(1e-6));
  CHECK(between.variance(0) == doctest::Approx(2.0 / 9).epsilon(1e-6));
}

TEST_CASE_TEMPLATE("batch_statistics: equal numbers have variance 0, and NaN stays in its column", S, float,
                   double) {
  constexpr S nan = std::numeric_limits<S>::quiet_NaN(), infinity = std::numeric_limits<S>::infinity();
  const Statistics<S> found(Tensor<S>{{S(0.1), 1, nan, infinity}, {S(0.1), 3, 2, 1}, {S(0.1), 5, 2, 1}});
  CHECK(found.mean(0) == S(0.1));
  CHECK(found.variance(0) == 0);
  CHECK(found.mean(1) == 3);
  CHECK(std::isnan(found.mean(2)));
  CHECK(std::isnan(found.variance(2)));
  CHECK_FALSE(std::isfinite(found.mean(3)));
}

TEST_CASE_TEMPLATE("inverse_deviation: 1 / sqrt(v + eps), and 0 for an infinite variance", S, float, double) {
  const Tensor<S> variance{0, S(0.25), 4, std::numeric_limits<S>::infinity()};
  Tensor<S> y(variance.shape());
  ops::inverse_deviation<S>(variance, 0.25, y);
  CHECK(y(0) == 2);
  CHECK(y(1) == doctest::Approx(1 / std::sqrt(0.5)).epsilon(1e-6));
  CHECK(y(2) == doctest::Approx(1 / std::sqrt(4.25)).epsilon(1e-6));
  CHECK(y(3) == 0);
}

TEST_CASE("batch_statistics: an empty batch is an error") {
  Tensor<float> mean(Shape{2}), variance(Shape{2});
  CHECK_THROWS_WITH_AS(ops::batch_statistics<float>(Tensor<float>(Shape{0, 2}), mean, variance),
                       "batch_statistics: input has shape [0, 2], expected [N, C] with N > 0", ShapeError);
}
