// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/random.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>

/// Inverted dropout (Srivastava et al., 2014): kept elements are scaled during training, so inference needs
/// no change. Any shape.
namespace gradus::ops {

/// Draws a mask of any shape: 1 where an element is kept, otherwise 0. p = 1 draws no numbers, as in PyTorch.
/// Throws ArgumentError if p is outside [0, 1].
/// `m ~ Bernoulli(1 - p)`
template <class Scalar>
void dropout_mask(double p, Generator& random, TensorView<Scalar> mask) {
  if (p == 1) {
    mask.array().setZero();
  } else {
    random.fill_bernoulli(mask.span(), 1 - p);
  }
}

/// Draws the part of a larger mask that comes after `before` of its elements, and before `after` others. The
/// generator continues after the whole mask.
template <class Scalar>
void dropout_mask(double p, Generator& random, TensorView<Scalar> mask, Index before, Index after) {
  if (p < 1) random.discard_bernoulli(before);
  dropout_mask(p, random, mask);
  if (p < 1) random.discard_bernoulli(after);
}

namespace detail {

template <class Scalar>
void mask_and_scale(Input<Scalar> x, Input<Scalar> mask, double p, TensorView<Scalar> y) {
  const Scalar scale = p < 1 ? static_cast<Scalar>(1 / (1 - p)) : Scalar{0};
  y.array() = x.array() * (mask.array() * scale);
}

}  // namespace detail

/// Zeroes the elements that the mask drops and scales the others; with p = 1, all are dropped. Throws
/// ShapeError unless the shapes are equal. `y = m x / (1 - p)`
template <class Scalar>
void dropout(Input<Scalar> x, Input<Scalar> mask, double p, TensorView<Scalar> y) {
  check_shape("dropout", "mask", mask.shape(), x.shape());
  check_shape("dropout", "output", y.shape(), x.shape());
  detail::mask_and_scale<Scalar>(x, mask, p, y);
}

/// Computes the gradient of dropout from the forward pass's mask. Throws ShapeError unless the shapes are
/// equal. `dL/dx = m dL/dy / (1 - p)`
template <class Scalar>
void dropout_backward(Input<Scalar> dy, Input<Scalar> mask, double p, TensorView<Scalar> dx) {
  check_shape("dropout_backward", "mask", mask.shape(), dy.shape());
  check_shape("dropout_backward", "input gradient", dx.shape(), dy.shape());
  detail::mask_and_scale<Scalar>(dy, mask, p, dx);
}

}  // namespace gradus::ops
