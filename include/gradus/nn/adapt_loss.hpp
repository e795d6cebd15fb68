// SPDX-License-Identifier: MIT

#pragma once

#include <concepts>

#include <gradus/core/tensor_view.hpp>

namespace gradus::nn {

namespace detail {

/// A loss that can be cast to another scalar. Excludes a class that only inherits `cast`, which would slice.
template <class Loss, class Scalar>
concept CastableLoss = requires(const Loss& loss) {
  typename Loss::scalar_type;
  { loss.template cast<typename Loss::scalar_type>() } -> std::same_as<Loss>;
  loss.template cast<Scalar>();
};

}  // namespace detail

/// Returns the loss for a network of this scalar type: `loss.cast<Scalar>()` for the losses of nn, so that
/// `SoftmaxCrossEntropy{}` works with a network of doubles; any other loss unchanged.
template <FloatOrDouble Scalar, class Loss>
auto adapt_loss(Loss loss) {
  if constexpr (detail::CastableLoss<Loss, Scalar>) {
    if constexpr (std::same_as<typename Loss::scalar_type, Scalar>) {
      return loss;
    } else {
      return loss.template cast<Scalar>();
    }
  } else {
    return loss;
  }
}

}  // namespace gradus::nn
