// SPDX-License-Identifier: MIT

#pragma once

#include <type_traits>

#include <gradus/autograd/arithmetic.hpp>
#include <gradus/autograd/matmul.hpp>
#include <gradus/autograd/parameter.hpp>
#include <gradus/autograd/variable.hpp>
#include <gradus/nn/linear.hpp>
#include <gradus/ops/matmul.hpp>

namespace gradus {

/// Returns y = x W^T + b, computed with operators of the tape, so that its gradients can be differentiated
/// again: `[N, in] -> [N, out]` with W `[out, in]` and b `[out]`, as in nn::Linear. Throws ShapeError.
template <class Scalar>
Variable<Scalar> linear(const Variable<Scalar>& x, const std::type_identity_t<Variable<Scalar>>& weight,
                        const std::type_identity_t<Variable<Scalar>>& bias) {
  using ops::Transpose;
  const Shape shape = ops::matmul_shape(x.shape(), Transpose::no, weight.shape(), Transpose::yes);
  return detail::matmul_to(shape, x, Transpose::no, weight, Transpose::yes) + bias;
}

/// Does the same with the parameters of a layer; a backward pass adds to their gradients. The layer must
/// outlive the graph. Unlike `apply(layer, x)`, which is faster, it can be differentiated twice. Throws
/// ShapeError.
template <class Scalar>
Variable<Scalar> linear(const std::type_identity_t<Variable<Scalar>>& x, nn::Linear<Scalar>& layer) {
  using ops::Transpose;
  const Shape shape = layer.output_shape(x.shape());
  const Variable<Scalar> y =
      detail::matmul_to(shape, x, Transpose::no, as_variable(layer.weight), Transpose::yes);
  return layer.has_bias() ? y + as_variable(layer.bias) : y;
}

}  // namespace gradus
