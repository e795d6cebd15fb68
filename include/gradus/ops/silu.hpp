#pragma once

#include <limits>

#include <gradus/core/eigen.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>

/// The sigmoid-weighted linear unit, also called swish (Elfwing et al., 2018), element by element: any shape.
namespace gradus::ops {

// y = x / (1 + exp(-x)); the limit at minus infinity is 0, which -inf / inf would miss. max may drop a NaN,
// exp keeps it.
template <class Scalar>
void silu(Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("silu", "output", y.shape(), x.shape());
  constexpr Scalar lowest = std::numeric_limits<Scalar>::lowest();
  y.array() = x.array().max(lowest) / (Scalar{1} + (-x.array()).exp());
}

// dL/dx = dL/dy s (1 + x (1 - s)),  s = 1 / (1 + exp(-x)); dx, which holds s first, must not overlap dy
template <class Scalar>
void silu_backward(Input<Scalar> x, Input<Scalar> dy, TensorView<Scalar> dx) {
  check_shape("silu_backward", "output gradient", dy.shape(), x.shape());
  check_shape("silu_backward", "input gradient", dx.shape(), x.shape());
  constexpr Scalar lowest = std::numeric_limits<Scalar>::lowest(),
                   highest = std::numeric_limits<Scalar>::max();
  dx.array() = (Scalar{1} + (-x.array()).exp()).inverse();
  dx.array() *= dy.array() * (Scalar{1} + x.array().max(lowest).min(highest) * (Scalar{1} - dx.array()));
}

}  // namespace gradus::ops
