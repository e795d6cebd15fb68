#pragma once

#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/reduction.hpp>

namespace gradus::ops {

/// Binary cross-entropy on logits, as `torch.nn.BCEWithLogitsLoss`: targets are probabilities in [0, 1]. Any
/// shape, equal for all; a null `dx` is not asked for. The mean of no elements is 0. Throws ShapeError.
///
/// Written so that exp sees only negative numbers and neither overflows nor loses the small terms.
///
// L     = 1/n sum max(x, 0) - x t + log(1 + exp(-|x|))
// dL/dx = 1/n (sigmoid(x) - t)
template <class Scalar>
Scalar binary_cross_entropy(Input<Scalar> x, Input<Scalar> target, TensorView<Scalar> dx,
                            Reduction reduction = Reduction::mean) {
  check_shape("binary_cross_entropy", "target", target.shape(), x.shape());
  if (x.empty()) return Scalar{0};
  const Scalar scale = reduction == Reduction::mean ? Scalar{1} / static_cast<Scalar>(x.size()) : Scalar{1};
  const auto in = x.array();
  const auto wanted = target.array();
  const Scalar loss = ((in + in.abs()) / 2 - in * wanted + (-in.abs()).exp().log1p()).sum();
  if (!dx.is_null()) {
    check_shape("binary_cross_entropy", "gradient", dx.shape(), x.shape());
    dx.array() = scale * ((Scalar{1} + (-in).exp()).inverse() - wanted);
  }
  return scale * loss;
}

}  // namespace gradus::ops
