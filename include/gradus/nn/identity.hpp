// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <span>

#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/nn/sample.hpp>

namespace gradus::nn {

/// A module that returns its input unchanged, as a placeholder for an optional layer.
template <class Scalar = float>
struct Identity {
  /// Returns x: the output has the same shape as the input.
  Shape output_shape(const Shape& x) const { return x; }
  /// Returns true: forward would merely copy its input.
  bool is_identity(const Context&) const { return true; }

  /// Writes y = x.
  void forward(TensorView<const Scalar> x, TensorView<Scalar> y, Context&) const {
    std::copy_n(x.data(), x.size(), y.data());
  }

  /// Writes y for one sample. Returns its size, or -1 if y is too small.
  Index forward_sample(std::span<const Scalar> x, std::span<Scalar> y, Context&) const {
    return detail::copy_sample(x, y);
  }

  /// Writes dL/dx = dL/dy.
  void backward(TensorView<const Scalar>, TensorView<const Scalar>, TensorView<const Scalar> dy,
                TensorView<Scalar> dx, Context&) const {
    std::copy_n(dy.data(), dy.size(), dx.data());
  }

  /// Returns the same module for another scalar type.
  template <class Other>
  Identity<Other> cast() const {
    return {};
  }
};

}  // namespace gradus::nn
