#pragma once

#include <algorithm>
#include <cmath>

#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>

/// A smooth rectifier (Dugas et al., 2001), element by element: any shape. As in PyTorch it is the identity
/// where b x exceeds the threshold.
namespace gradus::ops {

// y = log(1 + exp(b x)) / b, written as max(b x, 0) + log(1 + exp(-|b x|)) so that exp cannot overflow
template <class Scalar>
void softplus(Input<Scalar> x, double beta, double threshold, TensorView<Scalar> y) {
  check_shape("softplus", "output", y.shape(), x.shape());
  const Scalar b = static_cast<Scalar>(beta), linear_from = static_cast<Scalar>(threshold);
  for (Index i = 0; i < x.size(); ++i) {
    const Scalar in = x.data()[i], scaled = b * in;
    y.data()[i] = scaled > linear_from
                      ? in
                      : (std::max(scaled, Scalar{0}) + std::log1p(std::exp(-std::abs(scaled)))) / b;
  }
}

// dL/dx = dL/dy / (1 + exp(-b x))
template <class Scalar>
void softplus_backward(Input<Scalar> x, Input<Scalar> dy, double beta, double threshold,
                       TensorView<Scalar> dx) {
  check_shape("softplus_backward", "output gradient", dy.shape(), x.shape());
  check_shape("softplus_backward", "input gradient", dx.shape(), x.shape());
  const Scalar b = static_cast<Scalar>(beta), linear_from = static_cast<Scalar>(threshold);
  for (Index i = 0; i < x.size(); ++i) {
    const Scalar scaled = b * x.data()[i], up = dy.data()[i];
    dx.data()[i] = scaled > linear_from ? up : up / (1 + std::exp(-scaled));
  }
}

}  // namespace gradus::ops
