#pragma once

#include <gradus/core/error.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/rows.hpp>

/// Batch normalisation (Ioffe and Szegedy, 2015) of x `[N, C]`: every column by its own mean m and inverse
/// deviation r = 1 / sqrt(variance + eps), then scaled by a weight and shifted by a bias, all of them `[C]`.
/// A null weight is 1, a null bias 0.
namespace gradus::ops {

// m = 1/N sum over the batch of x,  v = 1/N sum over the batch of (x - m)^2; ShapeError on an empty batch
template <class Scalar>
void batch_statistics(Input<Scalar> x, TensorView<Scalar> mean, TensorView<Scalar> variance) {
  if (x.rank() != 2 || x.shape()[0] == 0)
    throw ShapeError("batch_statistics: input has shape " + x.shape().to_string() +
                     ", expected [N, C], N > 0");
  detail::check_columns("batch_statistics", "mean", mean.shape(), x.shape());
  detail::check_columns("batch_statistics", "variance", variance.shape(), x.shape());
  const Scalar count = static_cast<Scalar>(x.shape()[0]);
  mean.array().setZero();
  detail::for_each_row(x.shape(), [&](Index offset, Index columns) {
    mean.array() += detail::ConstRowMap<Scalar>(x.data() + offset, columns);
  });
  mean.array() /= count;
  variance.array().setZero();
  detail::for_each_row(x.shape(), [&](Index offset, Index columns) {
    variance.array() += (detail::ConstRowMap<Scalar>(x.data() + offset, columns) - mean.array()).square();
  });
  variance.array() /= count;
}

// y = w (x - m) r + b
template <class Scalar>
void batch_norm(Input<Scalar> x, Input<Scalar> mean, Input<Scalar> inverse_deviation, Input<Scalar> weight,
                Input<Scalar> bias, TensorView<Scalar> y) {
  check_shape("batch_norm", "output", y.shape(), x.shape());
  detail::check_columns("batch_norm", "mean", mean.shape(), x.shape());
  detail::check_columns("batch_norm", "inverse deviation", inverse_deviation.shape(), x.shape());
  if (!weight.is_null()) detail::check_columns("batch_norm", "weight", weight.shape(), x.shape());
  if (!bias.is_null()) detail::check_columns("batch_norm", "bias", bias.shape(), x.shape());
  detail::for_each_row(x.shape(), [&](Index offset, Index columns) {
    detail::RowMap<Scalar> out(y.data() + offset, columns);
    out =
        (detail::ConstRowMap<Scalar>(x.data() + offset, columns) - mean.array()) * inverse_deviation.array();
    if (!weight.is_null()) out *= weight.array();
    if (!bias.is_null()) out += bias.array();
  });
}

// dL/dw += sum over the batch of dL/dy (x - m) r,  dL/db += sum over the batch of dL/dy
template <class Scalar>
void batch_norm_parameter_gradient(Input<Scalar> x, Input<Scalar> dy, Input<Scalar> mean,
                                   Input<Scalar> inverse_deviation, TensorView<Scalar> dweight,
                                   TensorView<Scalar> dbias) {
  constexpr const char* operation = "batch_norm_parameter_gradient";
  check_shape(operation, "output gradient", dy.shape(), x.shape());
  detail::check_columns(operation, "mean", mean.shape(), x.shape());
  detail::check_columns(operation, "inverse deviation", inverse_deviation.shape(), x.shape());
  detail::check_columns(operation, "weight gradient", dweight.shape(), x.shape());
  detail::check_columns(operation, "bias gradient", dbias.shape(), x.shape());
  detail::for_each_row(x.shape(), [&](Index offset, Index columns) {
    const detail::ConstRowMap<Scalar> in(x.data() + offset, columns), up(dy.data() + offset, columns);
    dweight.array() += up * (in - mean.array()) * inverse_deviation.array();
    dbias.array() += up;
  });
}

// where m and r are the batch's own and depend on x: with h = (x - m) r and means over the batch,
// dL/dx = w r (dL/dy - mean(dL/dy) - h mean(h dL/dy)); the last two arguments are scratch space, [C]
template <class Scalar>
void batch_norm_backward(Input<Scalar> x, Input<Scalar> dy, Input<Scalar> mean,
                         Input<Scalar> inverse_deviation, Input<Scalar> weight, TensorView<Scalar> dx,
                         TensorView<Scalar> sum_dy, TensorView<Scalar> sum_h_dy) {
  check_shape("batch_norm_backward", "input gradient", dx.shape(), x.shape());
  if (!weight.is_null()) detail::check_columns("batch_norm_backward", "weight", weight.shape(), x.shape());
  sum_dy.array().setZero();
  sum_h_dy.array().setZero();
  batch_norm_parameter_gradient<Scalar>(x, dy, mean, inverse_deviation, sum_h_dy, sum_dy);
  const Scalar count = static_cast<Scalar>(x.shape()[0]);
  detail::for_each_row(x.shape(), [&](Index offset, Index columns) {
    const detail::ConstRowMap<Scalar> in(x.data() + offset, columns), up(dy.data() + offset, columns);
    detail::RowMap<Scalar> down(dx.data() + offset, columns);
    down = (in - mean.array()) * inverse_deviation.array();
    down = (up - (sum_dy.array() + down * sum_h_dy.array()) / count) * inverse_deviation.array();
    if (!weight.is_null()) down *= weight.array();
  });
}

// where m and r are given: dL/dx = w r dL/dy
template <class Scalar>
void batch_norm_fixed_backward(Input<Scalar> dy, Input<Scalar> inverse_deviation, Input<Scalar> weight,
                               TensorView<Scalar> dx) {
  constexpr const char* operation = "batch_norm_fixed_backward";
  check_shape(operation, "input gradient", dx.shape(), dy.shape());
  detail::check_columns(operation, "inverse deviation", inverse_deviation.shape(), dy.shape());
  if (!weight.is_null()) detail::check_columns(operation, "weight", weight.shape(), dy.shape());
  detail::for_each_row(dy.shape(), [&](Index offset, Index columns) {
    detail::RowMap<Scalar> down(dx.data() + offset, columns);
    down = detail::ConstRowMap<Scalar>(dy.data() + offset, columns) * inverse_deviation.array();
    if (!weight.is_null()) down *= weight.array();
  });
}

}  // namespace gradus::ops
