// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/sum.hpp>
#include <gradus/ops/loss_reduction.hpp>

namespace gradus::ops {

namespace detail {

// (x - t)^2
struct SquaredError {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x, const P& target) const {
    const P error = x - target;
    return multiply_rounded(error, error);
  }
};

}  // namespace detail

/// Computes the mean or summed squared error of a prediction, as `torch.nn.MSELoss`. All tensors must have
/// the same shape. Computes `dx` unless it is null. The mean of no elements is 0. Throws ShapeError.
///
/// `L = 1/n sum (x - t)^2`
/// `dL/dx = 2/n (x - t)`
template <class Scalar>
Scalar mean_squared_error(Input<Scalar> x, Input<Scalar> target, TensorView<Scalar> dx,
                          Reduction reduction = Reduction::mean) {
  check_shape("mean_squared_error", "target", target.shape(), x.shape());
  if (!dx.is_null()) check_shape("mean_squared_error", "gradient", dx.shape(), x.shape());
  if (x.empty()) return Scalar{0};
  using Wide = detail::Wide<Scalar>;
  const Wide count = reduction == Reduction::mean ? static_cast<Wide>(x.size()) : Wide{1};
  if (!dx.is_null()) dx.array() = static_cast<Scalar>(2 / count) * (x.array() - target.array());
  const Wide sum = simd::sum_map(detail::SquaredError{}, x.size(), x.data(), target.data());
  return static_cast<Scalar>(sum / count);
}

}  // namespace gradus::ops
