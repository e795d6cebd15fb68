// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/binary_cross_entropy.hpp>
#include <gradus/ops/loss_reduction.hpp>

namespace gradus::nn {

using ops::Reduction;

/// Binary cross-entropy on logits, as `torch.nn.BCEWithLogitsLoss`; any shape, equal for logits and targets.
template <class Scalar = float>
struct BinaryCrossEntropy {
  /// Whether the losses of a batch are averaged or added up.
  Reduction reduction = Reduction::mean;

  /// The type of the numbers.
  using scalar_type = Scalar;

  /// The loss, with its gradient written to dlogits unless that is null.
  Scalar operator()(TensorView<const Scalar> logits, TensorView<const Scalar> target,
                    TensorView<Scalar> dlogits = {}) const {
    return ops::binary_cross_entropy<Scalar>(logits, target, dlogits, reduction);
  }

  /// Returns the same settings for another scalar.
  template <class Other>
  BinaryCrossEntropy<Other> cast() const {
    return {reduction};
  }
};

}  // namespace gradus::nn
