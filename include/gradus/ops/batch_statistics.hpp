// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>

#include <gradus/core/error.hpp>
#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/pack.hpp>
#include <gradus/core/simd/sqrt.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/column_sums.hpp>
#include <gradus/ops/detail/map.hpp>
#include <gradus/ops/detail/rows.hpp>
#include <gradus/ops/detail/shifted_mean.hpp>
#include <gradus/ops/detail/sum.hpp>

/// Mean and variance of each column of a batch `[N, C]`.
///
/// If the mean is large compared with the standard deviation, it needs more digits than a Scalar has.
/// `mean_rest`, `[C]`, holds what rounding drops, so that the mean is mean + mean_rest.
namespace gradus::ops {

namespace detail {

// x - x_0, where x_0 is the first row
template <class S>
struct ShiftedByFirstRow {
  using Scalar = S;
  const Scalar* x;
  Index columns;

  template <int N>
  [[gnu::always_inline]] simd::Pack<Scalar, N> at(Index i, Index j) const {
    return simd::load<Scalar, N>(x + i * columns + j) - simd::load<Scalar, N>(x + j);
  }
};

// (x - mean)^2
template <class S>
struct SquareFromMean {
  using Scalar = S;
  const Scalar* x;
  const Scalar* mean;
  Index columns;

  template <int N>
  [[gnu::always_inline]] simd::Pack<Scalar, N> at(Index i, Index j) const {
    const auto centered = simd::load<Scalar, N>(x + i * columns + j) - simd::load<Scalar, N>(mean + j);
    return multiply_rounded(centered, centered);
  }
};

template <class Scalar>
struct InverseDeviation {
  Scalar epsilon;
  template <class P>
  [[gnu::always_inline]] P operator()(const P& variance) const {
    return 1 / sqrt(variance + epsilon);
  }
};

}  // namespace detail

/// Computes inverse standard deviations from variances. Throws ShapeError unless the shapes are equal.
/// `r = 1 / sqrt(v + eps)`, which is 0 for an infinite variance
template <class Scalar>
void inverse_deviation(Input<Scalar> variance, double epsilon, TensorView<Scalar> y) {
  check_shape("inverse_deviation", "output", y.shape(), variance.shape());
  detail::map(detail::InverseDeviation<Scalar>{static_cast<Scalar>(epsilon)}, y, variance);
}

/// Computes the mean and variance of each column. Throws ShapeError, also for an empty batch.
/// `m = 1/N sum over the batch of x`, `v = 1/N sum over the batch of (x - m)^2`
template <class Scalar>
void batch_statistics(Input<Scalar> x, TensorView<Scalar> mean, TensorView<Scalar> variance,
                      TensorView<Scalar> mean_rest = {}) {
  using Wide = detail::Wide<Scalar>;
  constexpr const char* operation = "batch_statistics";
  if (x.rank() != 2 || x.shape()[0] == 0)
    throw ShapeError("batch_statistics: input has shape " + x.shape().to_string() +
                     ", expected [N, C], N > 0");
  detail::check_columns(operation, "mean", mean.shape(), x.shape());
  detail::check_columns(operation, "variance", variance.shape(), x.shape());
  if (!mean_rest.is_null()) detail::check_columns(operation, "mean rest", mean_rest.shape(), x.shape());
  const Index rows = x.shape()[0], columns = x.shape()[1];
  const Wide count = static_cast<Wide>(rows);
  TensorView<Scalar> rest = mean_rest.is_null() ? variance : mean_rest;  // until the variance is known
  const auto store_mean = [&](Index j, Wide sum_shifted) {
    const auto m = detail::shifted_mean(x.data()[j], sum_shifted, count, [&] {
      return detail::sum_column_in_wide(detail::MatrixTerm<Scalar>{x.data(), columns}, rows, j);
    });
    mean.data()[j] = m.mean;
    rest.data()[j] = m.rest;
  };
  const auto store_variance = [&](Index j, Wide sum_of_squares) {
    const Wide lack = static_cast<Wide>(rest.data()[j]), v = std::fma(-lack, lack, sum_of_squares / count);
    variance.data()[j] = static_cast<Scalar>(v < 0 ? Wide{0} : v);
  };
  detail::sum_columns(rows, columns, store_mean, detail::ShiftedByFirstRow<Scalar>{x.data(), columns});
  detail::sum_columns(rows, columns, store_variance,
                      detail::SquareFromMean<Scalar>{x.data(), mean.data(), columns});
}

}  // namespace gradus::ops
