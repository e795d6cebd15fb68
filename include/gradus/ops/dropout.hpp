#pragma once

#include <cstdint>

#include <gradus/core/random.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>

/// Dropout (Srivastava et al., 2014), inverted: kept elements are scaled in training, so that nothing is to
/// be done at test time. Any shape.
namespace gradus::ops {

// m ~ Bernoulli(1 - p), 1 where kept; p = 1 draws nothing, as PyTorch
template <class Scalar>
void dropout_mask(double p, Generator& random, TensorView<Scalar> mask) {
  if (p == 1) {
    mask.array().setZero();
  } else {
    random.fill_bernoulli(mask.span(), 1 - p);
  }
}

// y = m x / (1 - p); p = 1 keeps nothing
template <class Scalar>
void dropout(Input<Scalar> x, Input<Scalar> mask, double p, TensorView<Scalar> y) {
  check_shape("dropout", "mask", mask.shape(), x.shape());
  check_shape("dropout", "output", y.shape(), x.shape());
  const Scalar scale = p < 1 ? static_cast<Scalar>(1 / (1 - p)) : Scalar{0};
  y.array() = x.array() * (mask.array() * scale);
}

// dL/dx = m dL/dy / (1 - p)
template <class Scalar>
void dropout_backward(Input<Scalar> dy, Input<Scalar> mask, double p, TensorView<Scalar> dx) {
  dropout<Scalar>(dy, mask, p, dx);
}

}  // namespace gradus::ops
