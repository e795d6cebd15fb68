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
  /// Whether the losses of a batch are averaged or summed.
  Reduction reduction = Reduction::mean;
  /// The fraction of the target probability that is spread evenly over all classes, in [0, 1].
  double label_smoothing = 0;
  Tensor<Scalar> class_weights = {};  ///< `[C]`; empty means 1 for all
  Index ignore_index =
      ops::CrossEntropyOptions<Scalar>{}.ignore_index;  ///< samples with this label are ignored

  /// The scalar type.
  using scalar_type = Scalar;
  /// The loss of a batch and the number of correct samples.
  using Result = ops::CrossEntropyResult<Scalar>;

  /// Returns the loss and, unless dlogits is null, writes its gradient `[N, C]` there.
  Result operator()(TensorView<const Scalar> logits, std::span<const Index> labels,
                    TensorView<Scalar> dlogits = {}) const {
    return ops::softmax_cross_entropy<Scalar>(
        logits, labels, dlogits,
        {reduction, static_cast<Scalar>(label_smoothing), class_weights.span(), ignore_index});
  }

  /// Returns the same loss for another scalar type.
  template <class Other>
  SoftmaxCrossEntropy<Other> cast() const {
    return {reduction, label_smoothing, class_weights.template cast<Other>(), ignore_index};
  }
};

}  // namespace gradus::nn
