#pragma once

#include <cmath>

#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>

/// The exponential linear unit (Clevert et al., 2016), element by element: any shape.
namespace gradus::ops {

// y = x where x > 0, else a (exp(x) - 1)
template <class Scalar>
void elu(Input<Scalar> x, double alpha, TensorView<Scalar> y) {
  check_shape("elu", "output", y.shape(), x.shape());
  const Scalar a = static_cast<Scalar>(alpha);
  for (Index i = 0; i < x.size(); ++i) {
    const Scalar in = x.data()[i];
    y.data()[i] = in > 0 ? in : a * std::expm1(in);
  }
}

// dL/dx = dL/dy where x > 0, else a exp(x) dL/dy; said in x, for y + a would cancel where y is near -a
template <class Scalar>
void elu_backward(Input<Scalar> x, Input<Scalar> dy, double alpha, TensorView<Scalar> dx) {
  check_shape("elu_backward", "output gradient", dy.shape(), x.shape());
  check_shape("elu_backward", "input gradient", dx.shape(), x.shape());
  const Scalar a = static_cast<Scalar>(alpha);
  for (Index i = 0; i < x.size(); ++i) {
    const Scalar in = x.data()[i];
    dx.data()[i] = in > 0 ? dy.data()[i] : a * std::exp(in) * dy.data()[i];
  }
}

}  // namespace gradus::ops
