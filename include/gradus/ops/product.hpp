#pragma once

#include <algorithm>
#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

#include <gradus/core/eigen.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/matrix_view.hpp>
#include <gradus/core/parallel.hpp>
#include <gradus/ops/gemm/blas.hpp>
#include <gradus/ops/gemm/drivers.hpp>

namespace gradus::ops {

/// What becomes of the numbers that the result holds already.
enum class Write { overwrite, accumulate };

/// Which side of the result its parts on several threads divide. Rows keep each thread at its own rows of a
/// weight's gradient, pass after pass, in its own cache.
enum class Split { longer_side, rows };

namespace detail {

// Up to so many rows, or terms, copying b costs more than reading it where it stands.
inline constexpr Index few_rows = 16;
inline constexpr Index few_terms = 32;

enum class Method { rows, dots, panels_in_place, packed_panels };

/// Looks at the whole product, so that its parts on several threads go the same way.
template <class Scalar>
Method choose_method(MatrixView<const Scalar> a, MatrixView<const Scalar> b, MatrixView<Scalar> c) {
  if (a.column_stride == 1 && b.row_stride == 1 && a.columns >= few_terms &&
      std::min(a.rows, b.columns) <= few_rows)
    return Method::dots;
  if (b.column_stride == 1 && c.column_stride == 1 && (a.rows <= 2 || a.columns <= 2)) return Method::rows;
  if (b.column_stride == 1 && (a.rows <= few_rows || a.columns <= few_terms)) return Method::panels_in_place;
  return Method::packed_panels;
}

template <class Scalar>
void multiply(Method method, MatrixView<const Scalar> a, MatrixView<const Scalar> b, MatrixView<Scalar> c,
              bool accumulate, Scalar* memory) {
  if constexpr (use_blas && (std::is_same_v<Scalar, float> || std::is_same_v<Scalar, double>))
    if (multiply_by_blas(a, b, c, accumulate)) return;
  if (method == Method::dots)
    multiply_dots(a, b, c, accumulate);
  else if (method == Method::rows)
    multiply_rows(a, b, c, accumulate);
  else
    PanelDriver<Scalar>(a, b, c, method == Method::packed_panels, GemmWorkspace<Scalar>(memory))
        .multiply(accumulate);
}

// Multiply-adds below which waking a second thread costs more than it saves.
inline constexpr Index part_work = 1'000'000;
// Rows or columns of a part are a multiple of this: no tile is cut but the last.
inline constexpr Index part_grain = 32;

[[noreturn]] inline void throw_product_shapes(Index m, Index k, Index k2, Index n, Index cm, Index cn) {
  const auto shape = [](Index rows, Index columns) {
    return "[" + std::to_string(rows) + ", " + std::to_string(columns) + "]";
  };
  throw ShapeError("product: " + shape(m, k) + " times " + shape(k2, n) + " into " + shape(cm, cn) +
                   ", expected [M, K] times [K, N] into [M, N]");
}

}  // namespace detail

/// c = a b, or c += a b: [M, K] times [K, N] -> [M, N]. Transposes are views: a layer's y = x W^T is
/// product(x, weight.transposed(), y). c must not overlap a or b. Throws ShapeError for shapes that do not
/// fit.
///
/// With gradus::blas, products large enough go to the BLAS instead, and what follows is as the BLAS has it.
///
/// Packed blocks are kept in memory of the calling thread, which grows at the first products and is then
/// reused: 280 KB per thread of `parallel`. Each element is summed in an order that depends on the shapes,
/// the strides and the instruction set, not on the number of threads or the cache sizes: one binary gives the
/// same bits on 1 thread and on 8. The same row in a batch of another size may differ by rounding.
template <std::floating_point Scalar>
void product(std::type_identity_t<MatrixView<const Scalar>> a,
             std::type_identity_t<MatrixView<const Scalar>> b, MatrixView<Scalar> c,
             Write write = Write::overwrite, Parallel parallel = {}, Split split = Split::longer_side) {
  if (a.columns != b.rows || a.rows != c.rows || b.columns != c.columns)
    detail::throw_product_shapes(a.rows, a.columns, b.rows, b.columns, c.rows, c.columns);
  if (c.rows == 0 || c.columns == 0) return;
  const bool accumulate = write == Write::accumulate;
  if (a.columns == 0) {
    for (Index i = 0; i < c.rows && !accumulate; ++i)
      for (Index j = 0; j < c.columns; ++j) c(i, j) = Scalar(0);
    return;
  }
  bool prefers_rows = split == Split::rows, prefers_columns = false;
  const auto transpose_all = [&] {
    std::swap(prefers_rows, prefers_columns);
    const auto a_transposed = a.transposed();
    a = b.transposed();
    b = a_transposed;
    c = c.transposed();
  };
  if (c.column_stride != 1 && c.row_stride == 1) transpose_all();  // packets are stored along the rows of c
  const detail::Method method = detail::choose_method<Scalar>(a, b, c);
  if (method == detail::Method::dots && c.rows > c.columns) transpose_all();

  const Index enough = detail::part_grain * parallel.threads();
  const bool by_rows =
      (prefers_rows && c.rows >= enough) || (c.rows > c.columns && !(prefers_columns && c.columns >= enough));
  const Index extent = by_rows ? c.rows : c.columns;
  const Index grains = (extent + detail::part_grain - 1) / detail::part_grain;
  const Index parts = std::clamp(c.rows * c.columns * a.columns / detail::part_work, Index{1},
                                 std::min(parallel.threads(), grains));
  const Index step = (grains + parts - 1) / parts * detail::part_grain;
  // All parts use memory of the calling thread: workers then never allocate.
  const bool packs = method == detail::Method::packed_panels || method == detail::Method::panels_in_place;
  Scalar* const memory = packs ? detail::gemm_memory<Scalar>(parallel.threads()) : nullptr;
  parallel.run(parts, [&](Index part) {
    Scalar* const own = packs ? memory + part * detail::GemmWorkspace<Scalar>::size : nullptr;
    const Index first = std::min(part * step, extent), count = std::min(step, extent - first);
    if (count == 0) return;
    if (by_rows)
      detail::multiply<Scalar>(method, a.row_range(first, count), b, c.row_range(first, count), accumulate,
                               own);
    else
      detail::multiply<Scalar>(method, a, b.column_range(first, count), c.column_range(first, count),
                               accumulate, own);
  });
}

}  // namespace gradus::ops
