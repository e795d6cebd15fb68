// SPDX-License-Identifier: MIT

#pragma once

#include <span>

#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/nn/sample.hpp>
#include <gradus/ops/silu.hpp>

namespace gradus::nn {

/// The sigmoid linear unit x / (1 + exp(-x)), also called swish, as `torch.nn.SiLU`. Any shape.
template <class Scalar = float>
struct SiLU {
  /// Returns x: the output has the same shape as the input.
  Shape output_shape(const Shape& x) const { return x; }

  /// Writes y = x / (1 + exp(-x)).
  void forward(TensorView<const Scalar> x, TensorView<Scalar> y, Context&) const { ops::silu<Scalar>(x, y); }

  /// Writes y for one sample. Returns its size, or -1 if y is too small.
  Index forward_sample(std::span<const Scalar> x, std::span<Scalar> y, Context&) const {
    return detail::map_sample(ops::detail::Silu{}, x, y);
  }

  /// Writes dL/dx = dL/dy s (1 + x (1 - s)),  s = 1 / (1 + exp(-x)).
  void backward(TensorView<const Scalar> x, TensorView<const Scalar>, TensorView<const Scalar> dy,
                TensorView<Scalar> dx, Context&) const {
    ops::silu_backward<Scalar>(x, dy, dx);
  }

  /// Returns the same module for another scalar type.
  template <class Other>
  SiLU<Other> cast() const {
    return {};
  }
};

}  // namespace gradus::nn
