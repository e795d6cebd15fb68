// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/ops/activation.hpp>

namespace gradus::nn {

/// The logistic function 1 / (1 + exp(-x)). Any shape.
template <class Scalar = float>
struct Sigmoid {
  /// Returns x: the output has the same shape as the input.
  Shape output_shape(const Shape& x) const { return x; }

  /// Writes y = 1 / (1 + exp(-x)).
  void forward(TensorView<const Scalar> x, TensorView<Scalar> y, Context&) const {
    ops::sigmoid<Scalar>(x, y);
  }

  /// Writes dL/dx = dL/dy y (1 - y).
  void backward(TensorView<const Scalar>, TensorView<const Scalar> y, TensorView<const Scalar> dy,
                TensorView<Scalar> dx, Context&) const {
    ops::sigmoid_backward<Scalar>(y, dy, dx);
  }

  /// Returns the same module for another scalar type.
  template <class Other>
  Sigmoid<Other> cast() const {
    return {};
  }
};

}  // namespace gradus::nn
