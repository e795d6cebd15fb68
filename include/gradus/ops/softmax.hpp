// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/simd/dispatch.hpp>
#include <gradus/core/simd/exp.hpp>
#include <gradus/core/simd/float_bits.hpp>
#include <gradus/core/simd/map.hpp>
#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/sum_map.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/rows.hpp>
#include <gradus/ops/detail/softmax_rows.hpp>

/// Softmax and its logarithm over the last axis: `[..., C] -> [..., C]`. Input and output may share memory.
///
/// Each row is shifted by its maximum, so no input overflows. Infinities are treated as limits: entries equal
/// to an infinite maximum share the probability equally. A NaN makes its row NaN. Subnormal probabilities and
/// gradients are flushed to 0, because they would slow down all earlier layers.
namespace gradus::ops {

namespace detail {

template <class Scalar>
struct SoftmaxOfExp {
  Scalar sum;
  template <class P>
  [[gnu::always_inline]] P operator()(const P& exp) const {
    return flush_subnormal(exp / sum);
  }
};
template <class Scalar>
struct SoftmaxBackward {
  Scalar mean;
  template <class P>
  [[gnu::always_inline]] P operator()(const P& y, const P& dy) const {
    return flush_subnormal(y * (dy - mean));
  }
};
template <class Scalar>
struct LogSoftmax {
  Scalar highest, log_sum;
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    // For x equal to highest, x - highest counts as 0 even if both are infinite. If highest is NaN, so is y.
    return select(x >= highest, 0, x - highest) - log_sum;
  }
};
template <class Scalar>
struct LogSoftmaxBackward {
  Scalar total;
  template <class P>
  [[gnu::always_inline]] P operator()(const P& y, const P& dy) const {
    return flush_subnormal(dy - exp_flushed(y) * total);
  }
};

struct Term {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return x;
  }
};
struct ProductTerm {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x, const P& y) const {
    return multiply_rounded(x, y);
  }
};

/// Calls f(parts, i, x, y, columns) for each row i, with x and y at that row and `parts` its SoftmaxRows.
template <class Scalar, class F>
void for_each_softmax_row(Input<Scalar> x, TensorView<Scalar> y, F&& f) {
  if (x.empty()) return;
  const Index columns = x.rank() == 0 ? 1 : x.shape()[-1], rows = x.size() / columns;
  SoftmaxRows<Scalar> parts(x.data(), rows, columns);
  for (Index i = 0; i < rows; ++i) {
    f(parts, i, x.data() + i * columns, y.data() + i * columns, columns);
  }
}

}  // namespace detail

/// Computes the softmax of each row. Throws ShapeError unless the shapes are equal.
/// `y_i = exp(x_i) / sum_j exp(x_j)`
template <class Scalar>
void softmax(Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("softmax", "output", y.shape(), x.shape());
  detail::for_each_softmax_row<Scalar>(
      x, y, [](auto& parts, Index i, const Scalar*, Scalar* out, Index columns) {
        const detail::SoftmaxRow<Scalar> row = parts.row(i, out);
        simd::map(detail::SoftmaxOfExp<Scalar>{row.sum}, columns, out, row.exp);
      });
}

/// Computes the gradient of softmax from its output. Throws ShapeError unless the shapes are equal.
/// `dL/dx_i = y_i (dL/dy_i - sum_j dL/dy_j y_j)`
template <class Scalar>
void softmax_backward(Input<Scalar> y, Input<Scalar> dy, TensorView<Scalar> dx) {
  detail::check_gradients("softmax_backward", y.shape(), dy.shape(), dx.shape());
  detail::for_each_row(y.shape(), [&](Index offset, Index columns) {
    const Scalar *out = y.data() + offset, *up = dy.data() + offset;
    const auto mean = static_cast<Scalar>(simd::sum_map(detail::ProductTerm{}, columns, out, up));
    simd::map(detail::SoftmaxBackward<Scalar>{mean}, columns, dx.data() + offset, out, up);
  });
}

/// Computes the logarithm of the softmax of each row. Throws ShapeError unless the shapes are equal.
/// `y_i = x_i - log sum_j exp(x_j)`
template <class Scalar>
void log_softmax(Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("log_softmax", "output", y.shape(), x.shape());
  detail::for_each_softmax_row<Scalar>(
      x, y, [](auto& parts, Index i, const Scalar* in, Scalar* out, Index columns) {
        const detail::SoftmaxRow<Scalar> row = parts.row(i, nullptr);
        simd::map(detail::LogSoftmax<Scalar>{row.highest, row.log_sum}, columns, out, in);
      });
}

/// Computes the gradient of log_softmax from its output. Throws ShapeError unless the shapes are equal.
/// `dL/dx_i = dL/dy_i - exp(y_i) sum_j dL/dy_j`
template <class Scalar>
void log_softmax_backward(Input<Scalar> y, Input<Scalar> dy, TensorView<Scalar> dx) {
  detail::check_gradients("log_softmax_backward", y.shape(), dy.shape(), dx.shape());
  detail::for_each_row(y.shape(), [&](Index offset, Index columns) {
    const Scalar *out = y.data() + offset, *up = dy.data() + offset;
    const auto total = static_cast<Scalar>(simd::sum_map(detail::Term{}, columns, up));
    simd::map(detail::LogSoftmaxBackward<Scalar>{total}, columns, dx.data() + offset, out, up);
  });
}

}  // namespace gradus::ops
