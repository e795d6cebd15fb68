// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <type_traits>

#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/matrix_view.hpp>
#include <gradus/core/parallel.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/broadcast.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/strided.hpp>
#include <gradus/ops/matrix_product.hpp>

namespace gradus::ops {

/// Whether an operand of matmul is transposed before the product.
enum class Transpose : bool { no, yes };

namespace detail {

inline Shape batch_shape(const Shape& x) { return Shape(x.extents().first(to_size(x.rank() - 2))); }

inline Shape with_matrix(Shape batch, Index rows, Index columns) {
  IndexedArray<Index, Shape::max_rank + 2> extents{};
  Index* const end = std::ranges::copy(batch, extents.data()).out;
  end[0] = rows;
  end[1] = columns;
  return Shape(std::span<const Index>(extents).first(to_size(batch.rank() + 2)));
}

inline Index rows_of(const Shape& x, Transpose transpose) { return x[transpose == Transpose::yes ? -1 : -2]; }
inline Index columns_of(const Shape& x, Transpose transpose) {
  return x[transpose == Transpose::yes ? -2 : -1];
}

}  // namespace detail

/// Returns the shape of a matrix product: `[..., M, K]` times `[..., K, N] -> [..., M, N]`, with batch axes
/// broadcast. Throws ShapeError.
inline Shape matmul_shape(const Shape& a, Transpose transpose_a, const Shape& b, Transpose transpose_b) {
  if (a.rank() < 2 || b.rank() < 2 || detail::columns_of(a, transpose_a) != detail::rows_of(b, transpose_b)) {
    throw ShapeError("matmul: shapes " + a.to_string() +
                     (transpose_a == Transpose::yes ? " transposed" : "") + " and " + b.to_string() +
                     (transpose_b == Transpose::yes ? " transposed" : "") +
                     ", expected [..., M, K] and [..., K, N]");
  }
  const Shape batch = broadcast_shape("matmul", detail::batch_shape(a), detail::batch_shape(b));
  return detail::with_matrix(batch, detail::rows_of(a, transpose_a), detail::columns_of(b, transpose_b));
}

/// Multiplies pairs of matrices, each optionally transposed, and sums over the batch axes that y lacks.
/// Throws ShapeError. The gradients are products of the same kind.
/// `y = a b`, `dL/da = dL/dy b^T`, `dL/db = a^T dL/dy`
template <class Scalar>
void matmul(Input<Scalar> a, Transpose transpose_a, Input<Scalar> b, Transpose transpose_b,
            TensorView<Scalar> y, Parallel parallel = {}) {
  const Shape full = matmul_shape(a.shape(), transpose_a, b.shape(), transpose_b);
  if (y.rank() < 2) detail::throw_shape("matmul", "output", y.shape(), full.to_string());
  const Shape batch = detail::batch_shape(full), kept = detail::batch_shape(y.shape());
  check_shape("matmul", "output", y.shape(), detail::with_matrix(kept, full[-2], full[-1]));
  if (broadcast_shape("matmul", kept, batch) != batch)
    detail::throw_shape("matmul", "output", y.shape(),
                        full.to_string() + ", or the same with batch axes missing or of extent 1");
  const bool sums = kept != batch;
  if (sums) y.array().setZero();
  const auto matrix = [](auto* data, const Shape& shape, Transpose transpose) {
    const MatrixView<std::remove_pointer_t<decltype(data)>> view(data, shape[-2], shape[-1]);
    return transpose == Transpose::yes ? view.transposed() : view;
  };
  const std::array strides{detail::broadcast_strides(detail::batch_shape(a.shape()), batch),
                           detail::broadcast_strides(detail::batch_shape(b.shape()), batch),
                           detail::broadcast_strides(kept, batch)};
  const std::array sizes{a.shape()[-2] * a.shape()[-1], b.shape()[-2] * b.shape()[-1], full[-2] * full[-1]};
  detail::for_each_run(batch, strides, [&](const auto& at, Index count, const auto& step) {
    for (Index i = 0; i < count; ++i) {
      matrix_product(matrix(a.data() + (at[0] + i * step[0]) * sizes[0], a.shape(), transpose_a),
                     matrix(b.data() + (at[1] + i * step[1]) * sizes[1], b.shape(), transpose_b),
                     matrix(y.data() + (at[2] + i * step[2]) * sizes[2], y.shape(), Transpose::no),
                     sums ? Write::accumulate : Write::overwrite, parallel);
    }
  });
}

}  // namespace gradus::ops
