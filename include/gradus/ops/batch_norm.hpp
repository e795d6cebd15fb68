// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>

#include <gradus/core/shape.hpp>
#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/pack.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/column_sums.hpp>
#include <gradus/ops/detail/map_rows.hpp>
#include <gradus/ops/detail/rows.hpp>
#include <gradus/ops/detail/sum.hpp>

/// Batch normalisation (Ioffe and Szegedy, 2015) of x `[N, C]`: each column is normalised by its mean m and
/// inverse standard deviation r = 1 / sqrt(variance + eps), then scaled by a weight and shifted by a bias,
/// all `[C]`. A null weight means 1, a null bias 0.
///
/// m = mean + mean_rest, where a null rest means 0: see batch_statistics.hpp.
namespace gradus::ops {

namespace detail {

// x - m of columns [j, j + N) of row i
template <int N, class S>
[[gnu::always_inline]] inline simd::Pack<S, N> centered(const S* x, const S* mean, const S* mean_rest,
                                                        Index j) {
  const auto difference = simd::load<S, N>(x + j) - simd::load<S, N>(mean + j);
  return mean_rest == nullptr ? difference : difference - simd::load<S, N>(mean_rest + j);
}

// dL/dy (x - m)
template <class S>
struct GradientTimesCentered {
  using Scalar = S;
  const Scalar* dy;
  const Scalar* x;
  const Scalar* mean;
  const Scalar* mean_rest;
  Index columns;

  template <int N>
  [[gnu::always_inline]] simd::Pack<Scalar, N> at(Index i, Index j) const {
    return multiply_rounded(simd::load<Scalar, N>(dy + i * columns + j),
                            centered<N>(x + i * columns, mean, mean_rest, j));
  }
};

// w (x - m) r + b
template <class S>
struct BatchNormalized {
  using Scalar = S;
  const S *x, *mean, *mean_rest, *inverse_deviation, *weight, *bias;
  Index columns;

  template <int N>
  [[gnu::always_inline]] simd::Pack<S, N> at(Index i, Index j) const {
    const auto scale = load_or<N, S>(weight, j, 1) * simd::load<S, N>(inverse_deviation + j);
    return multiply_add(centered<N>(x + i * columns, mean, mean_rest, j), scale, load_or<N, S>(bias, j, 0));
  }
};

// w r (dL/dy - (sum_dy + h sum_h_dy) / count)
template <class S>
struct BatchNormBackward {
  using Scalar = S;
  const S *x, *dy, *mean, *mean_rest, *inverse_deviation, *weight, *sum_dy, *sum_h_dy;
  S count;
  Index columns;

  template <int N>
  [[gnu::always_inline]] simd::Pack<S, N> at(Index i, Index j) const {
    const auto r = simd::load<S, N>(inverse_deviation + j);
    const auto h = centered<N>(x + i * columns, mean, mean_rest, j) * r;
    const auto sums = multiply_add(h, simd::load<S, N>(sum_h_dy + j), simd::load<S, N>(sum_dy + j));
    return (simd::load<S, N>(dy + i * columns + j) - sums / count) * (load_or<N, S>(weight, j, 1) * r);
  }
};

// w r dL/dy
template <class S>
struct BatchNormFixedBackward {
  using Scalar = S;
  const S *dy, *inverse_deviation, *weight;
  Index columns;

  template <int N>
  [[gnu::always_inline]] simd::Pack<S, N> at(Index i, Index j) const {
    const auto scale = load_or<N, S>(weight, j, 1) * simd::load<S, N>(inverse_deviation + j);
    return simd::load<S, N>(dy + i * columns + j) * scale;
  }
};

template <class Scalar>
void check_batch_norm_backward(const char* operation, Input<Scalar> x, Input<Scalar> dy, Input<Scalar> mean,
                               Input<Scalar> inverse_deviation, Input<Scalar> weight, Input<Scalar> dx,
                               Input<Scalar> sum_dy, Input<Scalar> sum_h_dy, Input<Scalar> mean_rest) {
  check_gradients(operation, x.shape(), dy.shape(), dx.shape());
  check_columns(operation, "mean", mean.shape(), x.shape());
  check_columns(operation, "inverse deviation", inverse_deviation.shape(), x.shape());
  check_columns(operation, "sum_dy", sum_dy.shape(), x.shape());
  check_columns(operation, "sum_h_dy", sum_h_dy.shape(), x.shape());
  if (!weight.is_null()) check_columns(operation, "weight", weight.shape(), x.shape());
  if (!mean_rest.is_null()) check_columns(operation, "mean rest", mean_rest.shape(), x.shape());
}

inline Index rows_of(const Shape& shape) {
  if (shape.rank() == 0) return 1;
  return shape.empty() ? 0 : shape.size() / shape[-1];
}

}  // namespace detail

/// Normalises each column with a given mean and inverse deviation. Throws ShapeError.
/// `y = w (x - m) r + b`
template <class Scalar>
void batch_norm(Input<Scalar> x, Input<Scalar> mean, Input<Scalar> inverse_deviation, Input<Scalar> weight,
                Input<Scalar> bias, TensorView<Scalar> y, Input<Scalar> mean_rest = {}) {
  check_shape("batch_norm", "output", y.shape(), x.shape());
  detail::check_columns("batch_norm", "mean", mean.shape(), x.shape());
  detail::check_columns("batch_norm", "inverse deviation", inverse_deviation.shape(), x.shape());
  if (!weight.is_null()) detail::check_columns("batch_norm", "weight", weight.shape(), x.shape());
  if (!bias.is_null()) detail::check_columns("batch_norm", "bias", bias.shape(), x.shape());
  if (!mean_rest.is_null()) detail::check_columns("batch_norm", "mean rest", mean_rest.shape(), x.shape());
  const detail::BatchNormalized<Scalar> normalized{
      x.data(),      mean.data(), mean_rest.data(), inverse_deviation.data(),
      weight.data(), bias.data(), mean.size()};
  detail::map_rows(normalized, detail::rows_of(x.shape()), mean.size(), y.data());
}

/// Adds the gradients of batch_norm with respect to its weight and its bias. Throws ShapeError.
/// `dL/dw += sum over the batch of dL/dy (x - m) r`, `dL/db += sum over the batch of dL/dy`
template <class Scalar>
void batch_norm_parameter_gradient(Input<Scalar> x, Input<Scalar> dy, Input<Scalar> mean,
                                   Input<Scalar> inverse_deviation, TensorView<Scalar> dweight,
                                   TensorView<Scalar> dbias, Input<Scalar> mean_rest = {}) {
  using Wide = detail::Wide<Scalar>;
  constexpr const char* operation = "batch_norm_parameter_gradient";
  check_shape(operation, "output gradient", dy.shape(), x.shape());
  detail::check_columns(operation, "mean", mean.shape(), x.shape());
  detail::check_columns(operation, "inverse deviation", inverse_deviation.shape(), x.shape());
  detail::check_columns(operation, "weight gradient", dweight.shape(), x.shape());
  detail::check_columns(operation, "bias gradient", dbias.shape(), x.shape());
  if (!mean_rest.is_null()) detail::check_columns(operation, "mean rest", mean_rest.shape(), x.shape());
  if (x.empty()) return;
  const Index columns = mean.size(), rows = x.size() / columns;
  const auto store = [&](Index j, Wide sum_centered, Wide sum) {
    Scalar &dw = dweight.data()[j], &db = dbias.data()[j];
    const Wide r = inverse_deviation.data()[j];
    dw = static_cast<Scalar>(std::fma(sum_centered, r, static_cast<Wide>(dw)));
    db = static_cast<Scalar>(static_cast<Wide>(db) + sum);
  };
  detail::sum_columns(
      rows, columns, store,
      detail::GradientTimesCentered<Scalar>{dy.data(), x.data(), mean.data(), mean_rest.data(), columns},
      detail::MatrixTerm<Scalar>{dy.data(), columns});
}

/// Computes the gradient of batch_norm with respect to x where m and r are those of a batch of `count` rows,
/// of which x may be a part. sum_dy and sum_h_dy, `[C]`, are the sums over the whole batch of dL/dy and of
/// dL/dy (x - m) r, as batch_norm_parameter_gradient computes them. Throws ShapeError.
/// `dL/dx = w r (dL/dy - (sum_dy + h sum_h_dy) / count)`, h = (x - m) r
template <class Scalar>
void batch_norm_backward_from_sums(Input<Scalar> x, Input<Scalar> dy, Input<Scalar> mean,
                                   Input<Scalar> inverse_deviation, Input<Scalar> weight,
                                   TensorView<Scalar> dx, Input<Scalar> sum_dy, Input<Scalar> sum_h_dy,
                                   Index count, Input<Scalar> mean_rest = {}) {
  detail::check_batch_norm_backward<Scalar>("batch_norm_backward_from_sums", x, dy, mean, inverse_deviation,
                                            weight, dx, sum_dy, sum_h_dy, mean_rest);
  const detail::BatchNormBackward<Scalar> backward{
      x.data(),      dy.data(),     mean.data(),     mean_rest.data(),           inverse_deviation.data(),
      weight.data(), sum_dy.data(), sum_h_dy.data(), static_cast<Scalar>(count), mean.size()};
  detail::map_rows(backward, detail::rows_of(x.shape()), mean.size(), dx.data());
}

/// Computes the gradient of batch_norm with respect to x when m and r are statistics of the batch and so
/// depend on x. sum_dy and sum_h_dy, `[C]`, are scratch space. Throws ShapeError. With h = (x - m) r and
/// means over the batch:
/// `dL/dx = w r (dL/dy - mean(dL/dy) - h mean(h dL/dy))`
template <class Scalar>
void batch_norm_backward(Input<Scalar> x, Input<Scalar> dy, Input<Scalar> mean,
                         Input<Scalar> inverse_deviation, Input<Scalar> weight, TensorView<Scalar> dx,
                         TensorView<Scalar> sum_dy, TensorView<Scalar> sum_h_dy,
                         Input<Scalar> mean_rest = {}) {
  detail::check_batch_norm_backward<Scalar>("batch_norm_backward", x, dy, mean, inverse_deviation, weight, dx,
                                            sum_dy, sum_h_dy, mean_rest);
  sum_dy.array().setZero();
  sum_h_dy.array().setZero();
  batch_norm_parameter_gradient<Scalar>(x, dy, mean, inverse_deviation, sum_h_dy, sum_dy, mean_rest);
  batch_norm_backward_from_sums<Scalar>(x, dy, mean, inverse_deviation, weight, dx, sum_dy, sum_h_dy,
                                        detail::rows_of(x.shape()), mean_rest);
}

/// Computes the gradient of batch_norm with respect to x when m and r are constants. Throws ShapeError.
/// `dL/dx = w r dL/dy`
template <class Scalar>
void batch_norm_fixed_backward(Input<Scalar> dy, Input<Scalar> inverse_deviation, Input<Scalar> weight,
                               TensorView<Scalar> dx) {
  constexpr const char* operation = "batch_norm_fixed_backward";
  check_shape(operation, "input gradient", dx.shape(), dy.shape());
  detail::check_columns(operation, "inverse deviation", inverse_deviation.shape(), dy.shape());
  if (!weight.is_null()) detail::check_columns(operation, "weight", weight.shape(), dy.shape());
  const Index columns = inverse_deviation.size();
  const detail::BatchNormFixedBackward<Scalar> backward{dy.data(), inverse_deviation.data(), weight.data(),
                                                        columns};
  detail::map_rows(backward, detail::rows_of(dy.shape()), columns, dx.data());
}

}  // namespace gradus::ops
