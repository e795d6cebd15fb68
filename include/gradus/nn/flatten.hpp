// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>

#include <gradus/core/error.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>

namespace gradus::nn {

/// Makes a vector of each sample: `[N, ...] -> [N, product of the rest]`. In a Sequential it only relabels a
/// view.
template <class Scalar = float>
struct Flatten {
  /// Returns the shape of the output for an input of shape x. Throws ShapeError if x does not fit.
  Shape output_shape(const Shape& x) const {
    if (x.rank() == 0) throw ShapeError("Flatten: input has shape [], expected [N, ...]");
    return Shape{x[0], x.without_first().size()};
  }
  /// Returns whether forward would only copy its input.
  bool is_identity(const Context&) const { return true; }

  /// Writes y = x, row-major order kept.
  void forward(TensorView<const Scalar> x, TensorView<Scalar> y, Context&) const {
    std::copy_n(x.data(), x.size(), y.data());
  }

  /// Writes dL/dx = dL/dy.
  void backward(TensorView<const Scalar>, TensorView<const Scalar>, TensorView<const Scalar> dy,
                TensorView<Scalar> dx, Context&) const {
    std::copy_n(dy.data(), dy.size(), dx.data());
  }

  /// Returns the same settings for another scalar.
  template <class Other>
  Flatten<Other> cast() const {
    return {};
  }
};

}  // namespace gradus::nn
