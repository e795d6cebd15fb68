// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/binary_cross_entropy.hpp>
#include <gradus/ops/loss_reduction.hpp>

namespace gradus::nn {

using ops::Reduction;

/// Binary cross-entropy on logits, as `torch.nn.BCEWithLogitsLoss`. Logits and targets have the same shape.
template <class Scalar = float>
struct BinaryCrossEntropy {
  /// Whether the losses of a batch are averaged or summed.
  Reduction reduction = Reduction::mean;

  /// The scalar type.
  using scalar_type = Scalar;

  /// Returns the loss and, unless dlogits is null, writes its gradient there.
  Scalar operator()(TensorView<const Scalar> logits, TensorView<const Scalar> target,
                    TensorView<Scalar> dlogits = {}) const {
    return ops::binary_cross_entropy<Scalar>(logits, target, dlogits, reduction);
  }

  /// Returns the same loss for another scalar type.
  template <class Other>
  BinaryCrossEntropy<Other> cast() const {
    return {reduction};
  }
};

}  // namespace gradus::nn
