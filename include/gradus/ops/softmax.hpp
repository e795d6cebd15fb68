#pragma once

#include <cmath>
#include <limits>

#include <gradus/core/eigen.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/rows.hpp>
#include <gradus/ops/detail/shifted_exp.hpp>

/// Softmax and its logarithm over the last axis: `[..., C] -> [..., C]`. Input and output may be the same
/// memory.
///
/// Each row is shifted by its maximum, so that no input overflows. Infinities are taken as the limit: entries
/// that equal an infinite maximum share the whole probability. NaN makes its row NaN.
namespace gradus::ops {

// y_i = exp(x_i) / sum_j exp(x_j)
template <class Scalar>
void softmax(Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("softmax", "output", y.shape(), x.shape());
  detail::for_each_row(x.shape(), [&](Index offset, Index columns) {
    detail::RowMap<Scalar> out(y.data() + offset, columns);
    detail::shifted_exp<Scalar>(detail::ConstRowMap<Scalar>(x.data() + offset, columns), out);
    out /= out.sum();
  });
}

// dL/dx_i = y_i (dL/dy_i - sum_j dL/dy_j y_j)
template <class Scalar>
void softmax_backward(Input<Scalar> y, Input<Scalar> dy, TensorView<Scalar> dx) {
  check_shape("softmax_backward", "output gradient", dy.shape(), y.shape());
  check_shape("softmax_backward", "input gradient", dx.shape(), y.shape());
  detail::for_each_row(y.shape(), [&](Index offset, Index columns) {
    const detail::ConstRowMap<Scalar> out(y.data() + offset, columns);
    const detail::ConstRowMap<Scalar> up(dy.data() + offset, columns);
    const Scalar mean = (out * up).sum();
    detail::RowMap<Scalar>(dx.data() + offset, columns) = out * (up - mean);
  });
}

// y_i = x_i - log sum_j exp(x_j)
template <class Scalar>
void log_softmax(Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("log_softmax", "output", y.shape(), x.shape());
  detail::for_each_row(x.shape(), [&](Index offset, Index columns) {
    const detail::ConstRowMap<Scalar> in(x.data() + offset, columns);
    const Scalar highest = in.template maxCoeff<Eigen::PropagateNaN>();
    detail::RowMap<Scalar> out(y.data() + offset, columns);
    if (std::isinf(highest)) {
      const Scalar ties = static_cast<Scalar>((in >= highest).count());
      for (Index i = 0; i < columns; ++i) {
        out[i] = in[i] < highest ? -std::numeric_limits<Scalar>::infinity() : -std::log(ties);
      }
    } else {
      const Scalar log_sum = std::log((in - highest).exp().sum());
      out = in - highest - log_sum;
    }
  });
}

// dL/dx_i = dL/dy_i - exp(y_i) sum_j dL/dy_j
template <class Scalar>
void log_softmax_backward(Input<Scalar> y, Input<Scalar> dy, TensorView<Scalar> dx) {
  check_shape("log_softmax_backward", "output gradient", dy.shape(), y.shape());
  check_shape("log_softmax_backward", "input gradient", dx.shape(), y.shape());
  detail::for_each_row(y.shape(), [&](Index offset, Index columns) {
    const detail::ConstRowMap<Scalar> out(y.data() + offset, columns);
    const detail::ConstRowMap<Scalar> up(dy.data() + offset, columns);
    const Scalar total = up.sum();
    detail::RowMap<Scalar>(dx.data() + offset, columns) = up - out.exp() * total;
  });
}

}  // namespace gradus::ops
