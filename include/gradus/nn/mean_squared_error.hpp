// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/loss_reduction.hpp>
#include <gradus/ops/mean_squared_error.hpp>

namespace gradus::nn {

using ops::Reduction;

/// Squared error, as `torch.nn.MSELoss`. Prediction and target have the same shape.
template <class Scalar = float>
struct MeanSquaredError {
  /// Whether the losses of a batch are averaged or summed.
  Reduction reduction = Reduction::mean;

  /// The scalar type.
  using scalar_type = Scalar;

  /// Returns the loss and, unless dx is null, writes its gradient there.
  Scalar operator()(TensorView<const Scalar> x, TensorView<const Scalar> target,
                    TensorView<Scalar> dx = {}) const {
    return ops::mean_squared_error<Scalar>(x, target, dx, reduction);
  }

  /// Returns the same loss for another scalar type.
  template <class Other>
  MeanSquaredError<Other> cast() const {
    return {reduction};
  }
};

}  // namespace gradus::nn
