// SPDX-License-Identifier: MIT

#pragma once

#include <span>

#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/loss_reduction.hpp>
#include <gradus/ops/softmax_cross_entropy.hpp>

namespace gradus::nn {

using ops::Reduction;

/// Softmax and cross-entropy on logits `[N, C]` with integer labels, as `torch.nn.CrossEntropyLoss`:
/// `SoftmaxCrossEntropy<> loss{.label_smoothing = 0.1}`. See ops::softmax_cross_entropy.
template <class Scalar = float>
struct SoftmaxCrossEntropy {
  /// Whether the losses of a batch are averaged or added up.
  Reduction reduction = Reduction::mean;
  /// The share of a label that is spread evenly over all classes, in [0, 1].
  double label_smoothing = 0;
  Tensor<Scalar> class_weights = {};  ///< `[C]`; empty means 1 for all
  Index ignore_index =
      ops::CrossEntropyOptions<Scalar>{}.ignore_index;  ///< samples with this label do not count

  /// The type of the numbers.
  /// The type of the numbers.
  using scalar_type = Scalar;
  /// The mean loss of a batch and how many samples are right.
  using Result = ops::CrossEntropyResult<Scalar>;

  /// The loss, with its gradient `[N, C]` written to dlogits unless that is null.
  Result operator()(TensorView<const Scalar> logits, std::span<const Index> labels,
                    TensorView<Scalar> dlogits = {}) const {
    return ops::softmax_cross_entropy<Scalar>(
        logits, labels, dlogits,
        {reduction, static_cast<Scalar>(label_smoothing), class_weights.span(), ignore_index});
  }

  /// Returns the same settings for another scalar.
  template <class Other>
  SoftmaxCrossEntropy<Other> cast() const {
    return {reduction, label_smoothing, class_weights.template cast<Other>(), ignore_index};
  }
};

}  // namespace gradus::nn
