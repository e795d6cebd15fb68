#pragma once

#include <gradus/core/eigen.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>

/// The chapter's three activation functions, element by element. Any shape; input and output may be the same
/// memory. A backward reads the output y instead of the input x wherever the derivative can be said in y.
namespace gradus::ops {

// y = max(x, 0), and NaN where x is NaN: a ReLU that swallows NaN would hide a diverged run.
template <class Scalar>
void relu(Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("relu", "output", y.shape(), x.shape());
  const Scalar* in = x.data();
  Scalar* out = y.data();
  for (Index i = 0; i < x.size(); ++i) out[i] = in[i] < Scalar{0} ? Scalar{0} : in[i];
}

// dL/dx = dL/dy where y > 0, else 0; the derivative at 0 is 0.
template <class Scalar>
void relu_backward(Input<Scalar> y, Input<Scalar> dy, TensorView<Scalar> dx) {
  check_shape("relu_backward", "output gradient", dy.shape(), y.shape());
  check_shape("relu_backward", "input gradient", dx.shape(), y.shape());
  const Scalar* out = y.data();
  const Scalar* up = dy.data();
  Scalar* down = dx.data();
  for (Index i = 0; i < y.size(); ++i) down[i] = out[i] <= Scalar{0} ? Scalar{0} : up[i];
}

// y = 1 / (1 + exp(-x)): exp may reach infinity, and 1 / infinity is the right 0.
template <class Scalar>
void sigmoid(Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("sigmoid", "output", y.shape(), x.shape());
  y.array() = (Scalar{1} + (-x.array()).exp()).inverse();
}

// dL/dx = dL/dy y (1 - y)
template <class Scalar>
void sigmoid_backward(Input<Scalar> y, Input<Scalar> dy, TensorView<Scalar> dx) {
  check_shape("sigmoid_backward", "output gradient", dy.shape(), y.shape());
  check_shape("sigmoid_backward", "input gradient", dx.shape(), y.shape());
  dx.array() = dy.array() * y.array() * (Scalar{1} - y.array());
}

// y = tanh(x)
template <class Scalar>
void tanh(Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("tanh", "output", y.shape(), x.shape());
  y.array() = x.array().tanh();
}

// dL/dx = dL/dy (1 - y^2)
template <class Scalar>
void tanh_backward(Input<Scalar> y, Input<Scalar> dy, TensorView<Scalar> dx) {
  check_shape("tanh_backward", "output gradient", dy.shape(), y.shape());
  check_shape("tanh_backward", "input gradient", dx.shape(), y.shape());
  dx.array() = dy.array() * (Scalar{1} - y.array().square());
}

}  // namespace gradus::ops
