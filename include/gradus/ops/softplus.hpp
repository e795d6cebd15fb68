// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/simd/exp.hpp>
#include <gradus/core/simd/float_bits.hpp>
#include <gradus/core/simd/log.hpp>
#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/tanh.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/map.hpp>

/// Softplus, a smooth rectifier (Dugas et al., 2001), element by element: any shape. As in PyTorch, it is the
/// identity where b x exceeds the threshold.
namespace gradus::ops {

namespace detail {

template <class Scalar>
struct Softplus {
  Scalar beta, threshold;
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    // log(1 + exp(b x)), rearranged so that exp cannot overflow
    const P scaled = beta * x, y = max(0, scaled) + log1p(exp(-abs(scaled)));
    return select(scaled > threshold, x, y / beta);
  }
};
template <class Scalar>
struct SoftplusBackward {
  Scalar beta, threshold;
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x, const P& dy) const {
    const P scaled = beta * x;
    return select(scaled > threshold, dy, flush_subnormal(dy * sigmoid(scaled)));
  }
};

}  // namespace detail

/// Applies softplus. Throws ShapeError unless the shapes are equal.
/// `y = log(1 + exp(b x)) / b`, and x where b x exceeds the threshold
template <class Scalar>
void softplus(Input<Scalar> x, double beta, double threshold, TensorView<Scalar> y) {
  check_shape("softplus", "output", y.shape(), x.shape());
  detail::map(detail::Softplus<Scalar>{static_cast<Scalar>(beta), static_cast<Scalar>(threshold)}, y, x);
}

/// Computes the gradient of softplus from its input. Throws ShapeError unless the shapes are equal.
/// `dL/dx = dL/dy / (1 + exp(-b x))`, and dL/dy where b x exceeds the threshold
template <class Scalar>
void softplus_backward(Input<Scalar> x, Input<Scalar> dy, double beta, double threshold,
                       TensorView<Scalar> dx) {
  detail::check_gradients("softplus_backward", x.shape(), dy.shape(), dx.shape());
  detail::map(detail::SoftplusBackward<Scalar>{static_cast<Scalar>(beta), static_cast<Scalar>(threshold)}, dx,
              x, dy);
}

}  // namespace gradus::ops
