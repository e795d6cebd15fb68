// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>

#include <gradus/core/shape.hpp>
#include <gradus/core/simd/map.hpp>
#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/pack.hpp>
#include <gradus/core/simd/sum_map.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/column_sums.hpp>
#include <gradus/ops/detail/map_rows.hpp>
#include <gradus/ops/detail/rows.hpp>
#include <gradus/ops/detail/shifted_mean.hpp>
#include <gradus/ops/detail/sum.hpp>

/// Layer normalisation (Ba et al., 2016) of x `[..., D]`: each row is normalised by its mean and standard
/// deviation, then scaled by `weight` and shifted by `bias`, each `[D]`. A null weight means 1, a null bias
/// 0. Forward stores the mean m and inverse deviation r = 1 / sqrt(v + eps) of each row in `mean` and
/// `inverse_deviation` for backward.
///
/// If the mean is large compared with the standard deviation, it needs more digits than a Scalar has.
/// `mean_rest` holds what rounding drops, one element per row, so that m = mean + mean_rest. In backward, a
/// null rest means 0.
namespace gradus::ops {

namespace detail {

inline void check_layer_norm(const char* operation, const Shape& x, const Shape& mean,
                             const Shape& inverse_deviation) {
  const Shape rows{x.empty() ? 0 : x.rank() == 0 ? 1 : x.size() / x[-1]};
  check_shape(operation, "mean", mean, rows);
  check_shape(operation, "inverse deviation", inverse_deviation, rows);
}

// x - shift
template <class Scalar>
struct Minus {
  Scalar shift;
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return x - shift;
  }
};

// (x - mean)^2
template <class Scalar>
struct SquareFrom {
  Scalar mean;
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    const P centered = x - mean;
    return multiply_rounded(centered, centered);
  }
};

// g (x - m)
template <class Scalar>
struct TimesCentered {
  Scalar mean, rest;
  template <class P>
  [[gnu::always_inline]] P operator()(const P& g, const P& x) const {
    return multiply_rounded(g, x - mean - rest);
  }
};

template <class Scalar>
Scalar rest_of_row(const Scalar* mean_rest, Index row) {
  return mean_rest == nullptr ? Scalar{0} : mean_rest[row];
}

// dL/dy (x - m) r
template <class S>
struct GradientTimesNormalized {
  using Scalar = S;
  const Scalar* dy;
  const Scalar* x;
  const Scalar* mean;
  const Scalar* mean_rest;
  const Scalar* inverse_deviation;
  Index columns;

  template <int N>
  [[gnu::always_inline]] simd::Pack<Scalar, N> at(Index i, Index j) const {
    auto centered = simd::load<Scalar, N>(x + i * columns + j) - mean[i];
    if (mean_rest != nullptr) centered = centered - mean_rest[i];
    const auto h = centered * inverse_deviation[i];
    return multiply_rounded(simd::load<Scalar, N>(dy + i * columns + j), h);
  }
};

// w (x - m) r + b of one row
template <class S>
struct LayerNormalized {
  using Scalar = S;
  const S *x, *weight, *bias;
  S mean, mean_rest, inverse_deviation;

  template <int N>
  [[gnu::always_inline]] simd::Pack<S, N> at(Index, Index j) const {
    const auto h = (simd::load<S, N>(x + j) - mean - mean_rest) * inverse_deviation;
    return multiply_add(h, load_or<N, S>(weight, j, 1), load_or<N, S>(bias, j, 0));
  }
};

// w dL/dy of one row
template <class S>
struct WeightedGradient {
  using Scalar = S;
  const S *dy, *weight;

  template <int N>
  [[gnu::always_inline]] simd::Pack<S, N> at(Index, Index j) const {
    return simd::load<S, N>(dy + j) * load_or<N, S>(weight, j, 1);
  }
};

// r (g - mean_g - (x - m) slope) of one row
template <class Scalar>
struct LayerNormBackward {
  Scalar mean, mean_rest, inverse_deviation, mean_g, slope;

  template <class P>
  [[gnu::always_inline]] P operator()(const P& g, const P& x) const {
    using simd::broadcast;
    const P centered = x - mean - mean_rest;
    return multiply_add(centered, broadcast<Scalar, P::size>(-slope), g - mean_g) * inverse_deviation;
  }
};

}  // namespace detail

/// Normalises each row and stores its mean and inverse deviation for backward. Throws ShapeError.
/// `y = w (x - m) r + b`
template <class Scalar>
void layer_norm(Input<Scalar> x, Input<Scalar> weight, Input<Scalar> bias, double epsilon,
                TensorView<Scalar> y, TensorView<Scalar> mean, TensorView<Scalar> inverse_deviation,
                TensorView<Scalar> mean_rest = {}) {
  using Wide = detail::Wide<Scalar>;
  check_shape("layer_norm", "output", y.shape(), x.shape());
  if (!weight.is_null()) detail::check_columns("layer_norm", "weight", weight.shape(), x.shape());
  if (!bias.is_null()) detail::check_columns("layer_norm", "bias", bias.shape(), x.shape());
  detail::check_layer_norm("layer_norm", x.shape(), mean.shape(), inverse_deviation.shape());
  if (!mean_rest.is_null()) check_shape("layer_norm", "mean rest", mean_rest.shape(), mean.shape());
  detail::for_each_row(x.shape(), [&](Index offset, Index columns) {
    const Index row = offset / columns;
    const Scalar* const in = x.data() + offset;
    const Wide count = static_cast<Wide>(columns);
    const auto m =
        detail::shifted_mean(in[0], detail::sum_map(detail::Minus<Scalar>{in[0]}, in, columns), count, [&] {
          return detail::sum_column_in_wide(detail::MatrixTerm<Scalar>{in, 1}, columns, 0);
        });
    const Wide lack = m.rest, squares = detail::sum_map(detail::SquareFrom<Scalar>{m.mean}, in, columns),
               variance = std::max(std::fma(-lack, lack, squares / count), Wide{0});
    const auto r = static_cast<Scalar>(1 / std::sqrt(static_cast<double>(variance) + epsilon));
    const detail::LayerNormalized<Scalar> normalized{
        x.data() + offset, weight.data(), bias.data(), m.mean, m.rest, r};
    detail::map_rows(normalized, 1, columns, y.data() + offset);
    mean.data()[row] = m.mean;
    if (!mean_rest.is_null()) mean_rest.data()[row] = m.rest;
    inverse_deviation.data()[row] = r;
  });
}

/// Computes the gradient of layer_norm with respect to x. Throws ShapeError. With h = (x - m) r, g = w dL/dy
/// and means over the row:
/// `dL/dx = r (g - mean(g) - h mean(h g))`
template <class Scalar>
void layer_norm_backward(Input<Scalar> x, Input<Scalar> dy, Input<Scalar> weight, Input<Scalar> mean,
                         Input<Scalar> inverse_deviation, TensorView<Scalar> dx,
                         Input<Scalar> mean_rest = {}) {
  constexpr const char* operation = "layer_norm_backward";
  check_shape(operation, "output gradient", dy.shape(), x.shape());
  check_shape(operation, "input gradient", dx.shape(), x.shape());
  if (!weight.is_null()) detail::check_columns(operation, "weight", weight.shape(), x.shape());
  detail::check_layer_norm(operation, x.shape(), mean.shape(), inverse_deviation.shape());
  if (!mean_rest.is_null()) check_shape(operation, "mean rest", mean_rest.shape(), mean.shape());
  detail::for_each_row(x.shape(), [&](Index offset, Index columns) {
    const Index row = offset / columns;
    const Scalar m = mean.data()[row], r = inverse_deviation.data()[row],
                 rest = detail::rest_of_row(mean_rest.data(), row);
    const Scalar* const in = x.data() + offset;
    Scalar* const g = dx.data() + offset;
    detail::map_rows(detail::WeightedGradient<Scalar>{dy.data() + offset, weight.data()}, 1, columns, g);
    const auto count = static_cast<detail::Wide<Scalar>>(columns);
    const auto mean_g = static_cast<Scalar>(detail::sum<Scalar>(g, columns) / count);
    const auto product =
        simd::sum_map(detail::TimesCentered<Scalar>{m, rest}, columns, static_cast<const Scalar*>(g), in);
    const Scalar mean_h_g = static_cast<Scalar>(product / count) * r;
    simd::map(detail::LayerNormBackward<Scalar>{m, rest, r, mean_g, r * mean_h_g}, columns, g,
              static_cast<const Scalar*>(g), in);
  });
}

/// Adds the gradients of layer_norm with respect to its weight and bias, `[D]`. Throws ShapeError.
/// `dL/dw += sum over the rows of dL/dy (x - m) r`, `dL/db += sum over the rows of dL/dy`
template <class Scalar>
void layer_norm_parameter_gradient(Input<Scalar> x, Input<Scalar> dy, Input<Scalar> mean,
                                   Input<Scalar> inverse_deviation, TensorView<Scalar> dweight,
                                   TensorView<Scalar> dbias, Input<Scalar> mean_rest = {}) {
  using Wide = detail::Wide<Scalar>;
  constexpr const char* operation = "layer_norm_parameter_gradient";
  check_shape(operation, "output gradient", dy.shape(), x.shape());
  detail::check_columns(operation, "weight gradient", dweight.shape(), x.shape());
  detail::check_columns(operation, "bias gradient", dbias.shape(), x.shape());
  detail::check_layer_norm(operation, x.shape(), mean.shape(), inverse_deviation.shape());
  if (!mean_rest.is_null()) check_shape(operation, "mean rest", mean_rest.shape(), mean.shape());
  if (x.empty()) return;
  const Index columns = dweight.size(), rows = x.size() / columns;
  const auto store = [&](Index j, Wide sum_h, Wide sum) {
    Scalar &dw = dweight.data()[j], &db = dbias.data()[j];
    dw = static_cast<Scalar>(static_cast<Wide>(dw) + sum_h);
    db = static_cast<Scalar>(static_cast<Wide>(db) + sum);
  };
  const detail::GradientTimesNormalized<Scalar> h_dy{
      dy.data(), x.data(), mean.data(), mean_rest.data(), inverse_deviation.data(), columns};
  detail::sum_columns(rows, columns, store, h_dy, detail::MatrixTerm<Scalar>{dy.data(), columns});
}

}  // namespace gradus::ops
