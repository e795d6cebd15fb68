// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/loss_reduction.hpp>
#include <gradus/ops/mean_squared_error.hpp>

namespace gradus::nn {

using ops::Reduction;

/// Squared error, as `torch.nn.MSELoss`; any shape, equal for prediction and target.
template <class Scalar = float>
struct MeanSquaredError {
  /// Whether the losses of a batch are averaged or added up.
  Reduction reduction = Reduction::mean;

  /// The type of the numbers.
  using scalar_type = Scalar;

  /// The loss, with its gradient written to dx unless that is null.
  Scalar operator()(TensorView<const Scalar> x, TensorView<const Scalar> target,
                    TensorView<Scalar> dx = {}) const {
    return ops::mean_squared_error<Scalar>(x, target, dx, reduction);
  }

  /// Returns the same settings for another scalar.
  template <class Other>
  MeanSquaredError<Other> cast() const {
    return {reduction};
  }
};

}  // namespace gradus::nn
