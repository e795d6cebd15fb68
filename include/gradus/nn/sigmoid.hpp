// SPDX-License-Identifier: MIT

#pragma once

#include <span>

#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/nn/sample.hpp>
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

  /// Writes y for one sample. Returns its size, or -1 if y is too small.
  Index forward_sample(std::span<const Scalar> x, std::span<Scalar> y, Context&) const {
    return detail::map_sample(ops::detail::Sigmoid{}, x, y);
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
