// SPDX-License-Identifier: MIT

#pragma once

#include <concepts>
#include <string>
#include <type_traits>

#include <gradus/core/error.hpp>
#include <gradus/core/matrix_view.hpp>
#include <gradus/core/parallel.hpp>
#include <gradus/ops/gemm/plan.hpp>
#include <gradus/ops/gemm/workspace.hpp>

namespace gradus::ops {

/// Whether a result replaces the old values or is added to them.
enum class Write { overwrite, accumulate };

namespace detail {

[[noreturn]] inline void throw_product_shapes(Index m, Index k, Index k2, Index n, Index cm, Index cn) {
  const auto shape = [](Index rows, Index columns) {
    return "[" + std::to_string(rows) + ", " + std::to_string(columns) + "]";
  };
  throw ShapeError("matrix_product: " + shape(m, k) + " times " + shape(k2, n) + " into " + shape(cm, cn) +
                   ", expected [M, K] times [K, N] into [M, N]");
}

}  // namespace detail

/// Computes c = a b or c += a b: `[M, K]` times `[K, N]` -> `[M, N]`. Transposes are views: y = x W^T of a
/// layer is `matrix_product(x, weight.transposed(), y)`. c must not overlap a or b. Throws ShapeError for
/// shapes that do not match.
///
/// Packed blocks use memory of the calling thread, which is allocated by the first products and then reused:
/// 250 KB per thread of `parallel`.
///
/// Each element is summed in an order that depends on the shapes, strides and instruction set, but not on the
/// number of threads or the cache sizes: one binary gives the same bits on 1 thread and on 8. The same row in
/// a batch of another size may differ by rounding. With gradus::blas, large products are computed by the
/// BLAS, which makes no such guarantee.
template <std::floating_point Scalar>
void matrix_product(std::type_identity_t<MatrixView<const Scalar>> a,
                    std::type_identity_t<MatrixView<const Scalar>> b, MatrixView<Scalar> c,
                    Write write = Write::overwrite, Parallel parallel = {},
                    Partition partition = Partition::longer_side) {
  if (a.columns != b.rows || a.rows != c.rows || b.columns != c.columns)
    detail::throw_product_shapes(a.rows, a.columns, b.rows, b.columns, c.rows, c.columns);
  if (c.rows == 0 || c.columns == 0) return;
  const bool accumulate = write == Write::accumulate;
  if (a.columns == 0) {
    for (Index i = 0; i < c.rows && !accumulate; ++i)
      for (Index j = 0; j < c.columns; ++j) c(i, j) = Scalar(0);
    return;
  }
  const detail::ProductPlan<Scalar> plan(a, b, c, partition, parallel.threads());
  // All parts use memory of the calling thread, so workers never allocate.
  constexpr Index size = detail::GemmWorkspace<Scalar>::size;
  Scalar* const memory = plan.packs() ? detail::gemm_memory<Scalar>(parallel.threads() * size) : nullptr;
  parallel.run(plan.parts(), [&](Index part) {
    plan.run(part, accumulate, plan.packs() ? memory + part * size : nullptr);
  });
}

}  // namespace gradus::ops
