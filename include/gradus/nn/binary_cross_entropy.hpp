// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/binary_cross_entropy.hpp>

namespace gradus::nn {

using ops::Reduction;

/// Binary cross-entropy on logits, as `torch.nn.BCEWithLogitsLoss`; any shape, equal for logits and targets.
template <class Scalar = float>
struct BinaryCrossEntropy {
  Reduction reduction = Reduction::mean;

  using scalar_type = Scalar;

  /// The loss, with its gradient written to dlogits unless that is null.
  Scalar operator()(TensorView<const Scalar> logits, TensorView<const Scalar> target,
                    TensorView<Scalar> dlogits = {}) const {
    return ops::binary_cross_entropy<Scalar>(logits, target, dlogits, reduction);
  }

  template <class Other>
  BinaryCrossEntropy<Other> cast() const {
    return {reduction};
  }
};

}  // namespace gradus::nn
