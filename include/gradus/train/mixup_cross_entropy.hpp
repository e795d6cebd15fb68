// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/data/mixup.hpp>
#include <gradus/nn/softmax_cross_entropy.hpp>
#include <gradus/ops/elementwise.hpp>
#include <gradus/ops/loss_reduction.hpp>

namespace gradus {

/// Softmax cross-entropy for mixed labels as well as plain ones. The loss of a mixed label is the mean over
/// its two classes, weighted by their shares; it counts as correct if the class with the larger share is
/// predicted. Takes the options of SoftmaxCrossEntropy: `MixupCrossEntropy<> loss{{.label_smoothing = 0.1}}`.
template <class Scalar = float>
struct MixupCrossEntropy : nn::SoftmaxCrossEntropy<Scalar> {
  using nn::SoftmaxCrossEntropy<Scalar>::operator();

  /// Returns the loss of a batch with mixed labels, and writes its gradient. A mean is divided by the mixed
  /// weight of the labels and the partners.
  // L = a L(labels) + (1 - a) L(partners), likewise the gradient. Sums have a = share. Means have a = share W
  // / (share W + (1 - share) W'), which is the share if the weights W of the labels and W' of the partners
  // are equal: those of a part of a batch are not.
  auto operator()(TensorView<const Scalar> logits, const MixedLabels& mixed, TensorView<Scalar> dlogits) {
    partners_gradient.resize(dlogits.shape());
    auto result = (*this)(logits, mixed.labels, dlogits);
    const auto partners = (*this)(logits, mixed.partners, partners_gradient);
    const double weight = mixed.share * result.weight + (1 - mixed.share) * partners.weight;
    const bool is_share =
        this->reduction == ops::Reduction::sum || result.weight == partners.weight || !(weight > 0);
    const auto share = static_cast<Scalar>(is_share ? mixed.share : mixed.share * result.weight / weight);
    ops::lerp<Scalar>(1 - share, partners_gradient, dlogits);
    result.loss = share * result.loss + (1 - share) * partners.loss;
    result.weight = weight;
    result.total = mixed.share * result.total + (1 - mixed.share) * partners.total;
    if (mixed.share < 0.5) {
      result.correct = partners.correct;
      result.count = partners.count;
    }
    return result;
  }

  /// Returns the same loss for another scalar type.
  template <class Other>
  MixupCrossEntropy<Other> cast() const {
    return {nn::SoftmaxCrossEntropy<Scalar>::template cast<Other>()};
  }

  Tensor<Scalar> partners_gradient = {};  ///< scratch memory, kept between calls
};

}  // namespace gradus
