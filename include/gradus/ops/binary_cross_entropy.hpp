#pragma once

#include <cmath>

#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/reduction.hpp>

namespace gradus::ops {

/// Binary cross-entropy on logits, as `torch.nn.BCEWithLogitsLoss`: targets are probabilities in [0, 1]. Any
/// shape, equal for all; a null `dx` is not asked for. The mean of no elements is 0. Throws ShapeError.
///
/// Written so that exp sees only negative numbers and neither overflows nor loses the small terms. An
/// infinite logit on the right side of its target costs nothing.
///
// L     = 1/n sum |x| (t if x < 0 else 1 - t) + log(1 + exp(-|x|)), which is max(x, 0) - x t + ...
// dL/dx = 1/n (sigmoid(x) - t)
template <class Scalar>
Scalar binary_cross_entropy(Input<Scalar> x, Input<Scalar> target, TensorView<Scalar> dx,
                            Reduction reduction = Reduction::mean) {
  check_shape("binary_cross_entropy", "target", target.shape(), x.shape());
  if (x.empty()) return Scalar{0};
  const double scale = reduction == Reduction::mean ? 1 / static_cast<double>(x.size()) : 1;
  double loss = scale * static_cast<double>((-x.array().abs()).exp().log1p().sum());
  for (Index i = 0; i < x.size(); ++i) {
    const Scalar logit = x.data()[i], wanted = target.data()[i];
    const double miss = static_cast<double>(logit < 0 ? wanted : 1 - wanted);
    if (miss != 0) loss += scale * std::abs(static_cast<double>(logit)) * miss;
  }
  if (!dx.is_null()) {
    check_shape("binary_cross_entropy", "gradient", dx.shape(), x.shape());
    dx.array() = static_cast<Scalar>(scale) * ((Scalar{1} + (-x.array()).exp()).inverse() - target.array());
  }
  return static_cast<Scalar>(loss);
}

}  // namespace gradus::ops
