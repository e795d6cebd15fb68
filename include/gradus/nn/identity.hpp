// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>

#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>

namespace gradus::nn {

/// Passes everything on unchanged: a placeholder for a layer that may or may not be there.
template <class Scalar = float>
struct Identity {
  /// Returns x: the output has the shape of the input.
  Shape output_shape(const Shape& x) const { return x; }
  /// Returns whether forward would only copy its input.
  bool is_identity(const Context&) const { return true; }

  /// Writes y = x.
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
  Identity<Other> cast() const {
    return {};
  }
};

}  // namespace gradus::nn
