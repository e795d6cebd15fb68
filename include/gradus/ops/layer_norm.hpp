#pragma once

#include <cmath>

#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/rows.hpp>

/// Layer normalisation (Ba et al., 2016) of x `[..., D]`: every row by its own mean and standard deviation,
/// then scaled by `weight` and shifted by `bias`, `[D]` each; a null weight is 1, a null bias 0. Of each
/// row's mean m and inverse deviation r = 1 / sqrt(v + eps), forward leaves what backward needs in `mean` and
/// `inverse_deviation`, one number a row.
namespace gradus::ops {

namespace detail {

inline void check_layer_norm(const char* operation, const Shape& x, const Shape& mean,
                             const Shape& inverse_deviation) {
  const Shape rows{x.empty() ? 0 : x.rank() == 0 ? 1 : x.size() / x[-1]};
  check_shape(operation, "mean", mean, rows);
  check_shape(operation, "inverse deviation", inverse_deviation, rows);
}

}  // namespace detail

// y = w (x - m) r + b
template <class Scalar>
void layer_norm(Input<Scalar> x, Input<Scalar> weight, Input<Scalar> bias, double epsilon,
                TensorView<Scalar> y, TensorView<Scalar> mean, TensorView<Scalar> inverse_deviation) {
  check_shape("layer_norm", "output", y.shape(), x.shape());
  if (!weight.is_null()) detail::check_columns("layer_norm", "weight", weight.shape(), x.shape());
  if (!bias.is_null()) detail::check_columns("layer_norm", "bias", bias.shape(), x.shape());
  detail::check_layer_norm("layer_norm", x.shape(), mean.shape(), inverse_deviation.shape());
  detail::for_each_row(x.shape(), [&](Index offset, Index columns) {
    const Index row = offset / columns;
    const detail::ConstRowMap<Scalar> in(x.data() + offset, columns);
    detail::RowMap<Scalar> out(y.data() + offset, columns);
    const Scalar m = in.mean();
    const Scalar variance = (in - m).square().mean();
    const Scalar r = static_cast<Scalar>(1 / std::sqrt(static_cast<double>(variance) + epsilon));
    out = (in - m) * r;
    if (!weight.is_null()) out *= weight.array();
    if (!bias.is_null()) out += bias.array();
    mean.data()[row] = m;
    inverse_deviation.data()[row] = r;
  });
}

// with h = (x - m) r, g = w dL/dy and means over the row: dL/dx = r (g - mean(g) - h mean(h g))
template <class Scalar>
void layer_norm_backward(Input<Scalar> x, Input<Scalar> dy, Input<Scalar> weight, Input<Scalar> mean,
                         Input<Scalar> inverse_deviation, TensorView<Scalar> dx) {
  check_shape("layer_norm_backward", "output gradient", dy.shape(), x.shape());
  check_shape("layer_norm_backward", "input gradient", dx.shape(), x.shape());
  if (!weight.is_null()) detail::check_columns("layer_norm_backward", "weight", weight.shape(), x.shape());
  detail::check_layer_norm("layer_norm_backward", x.shape(), mean.shape(), inverse_deviation.shape());
  detail::for_each_row(x.shape(), [&](Index offset, Index columns) {
    const Scalar m = mean.data()[offset / columns], r = inverse_deviation.data()[offset / columns];
    const detail::ConstRowMap<Scalar> in(x.data() + offset, columns), up(dy.data() + offset, columns);
    detail::RowMap<Scalar> g(dx.data() + offset, columns);
    g = up;
    if (!weight.is_null()) g *= weight.array();
    const Scalar mean_g = g.mean();
    const Scalar mean_h_g = (g * (in - m)).mean() * r;
    g = r * (g - mean_g - (in - m) * (r * mean_h_g));
  });
}

// dL/dw += sum over the rows of dL/dy (x - m) r,  dL/db += sum over the rows of dL/dy
template <class Scalar>
void layer_norm_parameter_gradient(Input<Scalar> x, Input<Scalar> dy, Input<Scalar> mean,
                                   Input<Scalar> inverse_deviation, TensorView<Scalar> dweight,
                                   TensorView<Scalar> dbias) {
  constexpr const char* operation = "layer_norm_parameter_gradient";
  check_shape(operation, "output gradient", dy.shape(), x.shape());
  detail::check_columns(operation, "weight gradient", dweight.shape(), x.shape());
  detail::check_columns(operation, "bias gradient", dbias.shape(), x.shape());
  detail::check_layer_norm(operation, x.shape(), mean.shape(), inverse_deviation.shape());
  detail::for_each_row(x.shape(), [&](Index offset, Index columns) {
    const Scalar m = mean.data()[offset / columns], r = inverse_deviation.data()[offset / columns];
    const detail::ConstRowMap<Scalar> in(x.data() + offset, columns), up(dy.data() + offset, columns);
    dweight.array() += up * (in - m) * r;
    dbias.array() += up;
  });
}

}  // namespace gradus::ops
