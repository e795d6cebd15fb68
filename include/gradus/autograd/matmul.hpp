// SPDX-License-Identifier: MIT

#pragma once

#include <type_traits>
#include <utility>

#include <gradus/autograd/record.hpp>
#include <gradus/autograd/value.hpp>
#include <gradus/autograd/variable.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/ops/matmul.hpp>

namespace gradus {

namespace detail {

/// Multiplies two tensors, each optionally transposed, and sums the product to a shape.
template <class Scalar>
Variable<Scalar> matmul_to(const Shape& shape, const Variable<Scalar>& a, ops::Transpose transpose_a,
                           const Variable<Scalar>& b, ops::Transpose transpose_b) {
  auto y = Value<Scalar>::uninitialized(shape);
  ops::matmul<Scalar>(a.value(), transpose_a, b.value(), transpose_b, y.view());
  return record("matmul", std::move(y), a, b, [transpose_a, transpose_b](const Step<Scalar>& step) {
    using ops::Transpose;
    const auto other = [](Transpose t) { return t == Transpose::no ? Transpose::yes : Transpose::no; };
    const Variable<Scalar>& dy = step.gradient();
    const Variable<Scalar> x = step.input(0), z = step.input(1);
    // dL/da = dL/dy b^T, or its transpose
    if (step.wants(0) && transpose_a == Transpose::no)
      step.give(0, matmul_to(x.shape(), dy, Transpose::no, z, other(transpose_b)));
    else if (step.wants(0))
      step.give(0, matmul_to(x.shape(), z, transpose_b, dy, Transpose::yes));
    // dL/db = a^T dL/dy, or its transpose
    if (step.wants(1) && transpose_b == Transpose::no)
      step.give(1, matmul_to(z.shape(), x, other(transpose_a), dy, Transpose::no));
    else if (step.wants(1))
      step.give(1, matmul_to(z.shape(), dy, Transpose::yes, x, transpose_a));
  });
}

}  // namespace detail

/// Returns the matrix product of each pair of matrices in a batch, with batch axes broadcast: `[..., M, K]`
/// and `[..., K, N]` give `[..., M, N]`. Throws ShapeError.
template <class Scalar>
Variable<Scalar> matmul(const Variable<Scalar>& a, const std::type_identity_t<Variable<Scalar>>& b) {
  using ops::Transpose;
  const Shape shape = ops::matmul_shape(a.shape(), Transpose::no, b.shape(), Transpose::no);
  return detail::matmul_to(shape, a, Transpose::no, b, Transpose::no);
}

}  // namespace gradus
