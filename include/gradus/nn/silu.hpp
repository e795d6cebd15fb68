// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/nn/context.hpp>
#include <gradus/ops/silu.hpp>

namespace gradus::nn {

/// x times its logistic function, also called swish; any shape. As `torch.nn.SiLU`.
template <class Scalar = float>
struct SiLU {
  Shape output_shape(const Shape& x) const { return x; }

  // y = x / (1 + exp(-x))
  void forward(TensorView<const Scalar> x, TensorView<Scalar> y, Context&) const { ops::silu<Scalar>(x, y); }

  // dL/dx = dL/dy s (1 + x (1 - s)),  s = 1 / (1 + exp(-x))
  void backward(TensorView<const Scalar> x, TensorView<const Scalar>, TensorView<const Scalar> dy,
                TensorView<Scalar> dx, Context&) const {
    ops::silu_backward<Scalar>(x, dy, dx);
  }

  template <class Other>
  SiLU<Other> cast() const {
    return {};
  }
};

}  // namespace gradus::nn
