// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <span>

#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/nn/sample.hpp>

namespace gradus::nn {

/// A module that flattens each sample to a vector: `[N, ...] -> [N, product of the rest]`. In a Sequential it
/// only reshapes a view.
template <class Scalar = float>
struct Flatten {
  /// Returns `[N, product of the rest]`. Throws ShapeError if x has rank 0.
  Shape output_shape(const Shape& x) const {
    if (x.rank() == 0) throw ShapeError("Flatten: input has shape [], expected [N, ...]");
    return Shape{x[0], x.without_first().size()};
  }
  /// Returns true: forward would merely copy its input.
  bool is_identity(const Context&) const { return true; }

  /// Writes y = x, in row-major order.
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
  Flatten<Other> cast() const {
    return {};
  }
};

}  // namespace gradus::nn
