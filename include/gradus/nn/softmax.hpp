// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/error.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/ops/softmax.hpp>

namespace gradus::nn {

/// The softmax over the last axis, which turns logits into probabilities: `[..., C] -> [..., C]`. For
/// training, prefer SoftmaxCrossEntropy on the logits, which is numerically stable.
template <class Scalar = float>
struct Softmax {
  /// Returns x. Throws ShapeError if x has rank 0.
  Shape output_shape(const Shape& x) const {
    if (x.rank() == 0) throw ShapeError("Softmax: input has shape [], expected [..., C]");
    return x;
  }

  /// Writes y_i = exp(x_i) / sum_j exp(x_j).
  void forward(TensorView<const Scalar> x, TensorView<Scalar> y, Context&) const {
    ops::softmax<Scalar>(x, y);
  }

  /// Writes dL/dx_i = y_i (dL/dy_i - sum_j dL/dy_j y_j).
  void backward(TensorView<const Scalar>, TensorView<const Scalar> y, TensorView<const Scalar> dy,
                TensorView<Scalar> dx, Context&) const {
    ops::softmax_backward<Scalar>(y, dy, dx);
  }

  /// Returns the same module for another scalar type.
  template <class Other>
  Softmax<Other> cast() const {
    return {};
  }
};

}  // namespace gradus::nn
