#pragma once

#include <string>
#include <type_traits>

#include <gradus/core/eigen.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/matrix_view.hpp>
#include <gradus/core/parallel.hpp>

namespace gradus::ops {

/// What becomes of the numbers that the result holds already.
enum class Write { overwrite, accumulate };

namespace detail {

[[noreturn]] inline void throw_product_shapes(Index m, Index k, Index k2, Index n, Index cm, Index cn) {
  const auto shape = [](Index rows, Index columns) {
    return "[" + std::to_string(rows) + ", " + std::to_string(columns) + "]";
  };
  throw ShapeError("product: " + shape(m, k) + " times " + shape(k2, n) + " into " + shape(cm, cn) +
                   ", expected [M, K] times [K, N] into [M, N]");
}

}  // namespace detail

/// c = a b, or c += a b: [M, K] times [K, N] -> [M, N]. c must not overlap a or b. Transposes are views:
/// product(x, weight.transposed(), y, Write::overwrite). Throws ShapeError for shapes that do not fit.
template <class Scalar>
void product(std::type_identity_t<MatrixView<const Scalar>> a,
             std::type_identity_t<MatrixView<const Scalar>> b, MatrixView<Scalar> c,
             Write write = Write::overwrite, [[maybe_unused]] Parallel parallel = {}) {
  if (a.columns != b.rows || a.rows != c.rows || b.columns != c.columns)
    detail::throw_product_shapes(a.rows, a.columns, b.rows, b.columns, c.rows, c.columns);
  for (Index i = 0; i < c.rows; ++i)
    for (Index j = 0; j < c.columns; ++j) {
      Scalar sum = write == Write::overwrite ? Scalar(0) : c(i, j);
      for (Index k = 0; k < a.columns; ++k) sum += a(i, k) * b(k, j);
      c(i, j) = sum;
    }
}

}  // namespace gradus::ops
