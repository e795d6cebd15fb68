#pragma once

#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>

/// The leaky rectifier (Maas et al., 2013), element by element: any shape.
namespace gradus::ops {

// y = x where x > 0, else a x
template <class Scalar>
void leaky_relu(Input<Scalar> x, double slope, TensorView<Scalar> y) {
  check_shape("leaky_relu", "output", y.shape(), x.shape());
  const Scalar a = static_cast<Scalar>(slope);
  const Scalar* in = x.data();
  Scalar* out = y.data();
  for (Index i = 0; i < x.size(); ++i) out[i] = in[i] > Scalar{0} ? in[i] : a * in[i];
}

// dL/dx = dL/dy where x > 0, else a dL/dy
template <class Scalar>
void leaky_relu_backward(Input<Scalar> x, Input<Scalar> dy, double slope, TensorView<Scalar> dx) {
  check_shape("leaky_relu_backward", "output gradient", dy.shape(), x.shape());
  check_shape("leaky_relu_backward", "input gradient", dx.shape(), x.shape());
  const Scalar a = static_cast<Scalar>(slope);
  const Scalar* in = x.data();
  const Scalar* up = dy.data();
  Scalar* down = dx.data();
  for (Index i = 0; i < x.size(); ++i) down[i] = in[i] > Scalar{0} ? up[i] : a * up[i];
}

}  // namespace gradus::ops
