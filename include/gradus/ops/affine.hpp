// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include <gradus/core/matrix_view.hpp>
#include <gradus/core/parallel.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/column_sums.hpp>
#include <gradus/ops/detail/sum.hpp>
#include <gradus/ops/gemm/dot_tile.hpp>
#include <gradus/ops/gemm/kernels.hpp>
#include <gradus/ops/gemm/plan.hpp>
#include <gradus/ops/gemm/visit_product.hpp>
#include <gradus/ops/matrix_product.hpp>

/// The fully connected layer: x `[N, in]`, weight W `[out, in]` as in PyTorch, bias b `[out]`, y `[N, out]`.
namespace gradus::ops {

namespace detail {

/// Views a tensor as a matrix. Throws ShapeError unless the rank is 2.
template <class Scalar>
MatrixView<Scalar> as_matrix_view(const char* operation, const char* argument, const TensorView<Scalar>& x) {
  check_rank(operation, argument, x.shape(), 2);
  return MatrixView<Scalar>(x.data(), x.shape()[0], x.shape()[1]);
}

/// Views a tensor as a matrix. Throws ShapeError unless the shape is [rows, columns].
template <class Scalar>
MatrixView<Scalar> as_matrix_view(const char* operation, const char* argument, const TensorView<Scalar>& x,
                                  Index rows, Index columns) {
  if (x.rank() != 2 || x.shape()[0] != rows || x.shape()[1] != columns)
    throw_shape(operation, argument, x.shape(), Shape{rows, columns}.to_string());
  return MatrixView<Scalar>(x.data(), rows, columns);
}

/// Views the input and output gradient of one batch. Throws ShapeError unless the numbers of rows are equal.
template <class Scalar>
std::pair<MatrixView<const Scalar>, MatrixView<const Scalar>> as_batch(const char* operation,
                                                                       const TensorView<const Scalar>& x,
                                                                       const TensorView<const Scalar>& dy) {
  const MatrixView<const Scalar> in = as_matrix_view(operation, "input", x),
                                 up = as_matrix_view(operation, "output gradient", dy);
  if (in.rows != up.rows)
    throw_shape(operation, "output gradient", dy.shape(), "[" + std::to_string(in.rows) + ", out]");
  return {in, up};
}

/// Returns whether computing a layer row by row with AffineRow is faster than a matrix product, measured on
/// an AMD Zen 4 with AVX-512. With more than one row, the weight must be in the L1 cache.
template <class Scalar>
bool is_affine_by_rows(const MatrixView<const Scalar>& x, const MatrixView<const Scalar>& w) {
  constexpr Index most_weights = side_by_side_bytes / Index{sizeof(Scalar)}, lanes = dot_lanes<Scalar>;
  static_assert(most_weights < part_work, "one thread is enough");
  const Index in = w.columns;
  if (in == 0 || in * w.rows > most_weights) return false;
  if (in > 4 * lanes || in * w.rows > most_weights / 64) return x.rows == 1;
  return x.rows <= (in < lanes ? 1 + in / 2 : in % lanes == 0 ? 16 : 8);
}

/// Computes y = x W^T + b; the shapes must fit. A null bias means 0.
template <class Scalar>
void affine_unchecked(const MatrixView<const Scalar>& x, const MatrixView<const Scalar>& w,
                      const Scalar* bias, const MatrixView<Scalar>& y, Parallel parallel) {
  if (is_affine_by_rows(x, w)) {
    const auto affine_row = kernels<Scalar>().affine_row;
    for (Index i = 0; i < x.rows; ++i) affine_row(&x(i, 0), w, bias, &y(i, 0));
    return;
  }
  if (bias != nullptr)
    for (Index i = 0; i < y.rows; ++i) std::copy_n(bias, y.columns, &y(i, 0));
  matrix_product(x, w.transposed(), y, bias != nullptr ? Write::accumulate : Write::overwrite, parallel);
}

}  // namespace detail

/// Computes the output of a fully connected layer: `[N, in] -> [N, out]`. A null bias means 0. Throws
/// ShapeError. `y = x W^T + b`
template <class Scalar>
void affine(Input<Scalar> x, Input<Scalar> weight, Input<Scalar> bias, TensorView<Scalar> y,
            Parallel parallel = {}) {
  const MatrixView<const Scalar> in = detail::as_matrix_view("affine", "input", x),
                                 w = detail::as_matrix_view("affine", "weight", weight);
  if (w.columns != in.columns)
    detail::throw_shape("affine", "weight", weight.shape(), "[out, " + std::to_string(in.columns) + "]");
  const MatrixView<Scalar> out = detail::as_matrix_view("affine", "output", y, in.rows, w.rows);
  if (!bias.is_null()) check_shape("affine", "bias", bias.shape(), Shape{w.rows});
  detail::affine_unchecked(in, w, bias.data(), out, parallel);
}

/// Computes the gradient of affine with respect to its input: `[N, out] -> [N, in]`. Throws ShapeError.
/// `dL/dx = dL/dy W`
template <class Scalar>
void affine_input_gradient(Input<Scalar> dy, Input<Scalar> weight, TensorView<Scalar> dx,
                           Parallel parallel = {}) {
  constexpr const char* operation = "affine_input_gradient";
  const MatrixView<const Scalar> w = detail::as_matrix_view(operation, "weight", weight),
                                 up = detail::as_matrix_view(operation, "output gradient", dy);
  if (up.columns != w.rows)
    detail::throw_shape(operation, "output gradient", dy.shape(), "[N, " + std::to_string(w.rows) + "]");
  const MatrixView<Scalar> down = detail::as_matrix_view(operation, "input gradient", dx, up.rows, w.columns);
  matrix_product(up, w, down, Write::overwrite, parallel);
}

/// Adds or writes the gradient of affine with respect to its weight, `[out, in]`. Throws ShapeError.
/// `dL/dW += (dL/dy)^T x`, or `dL/dW = (dL/dy)^T x`
template <class Scalar>
void affine_weight_gradient(Input<Scalar> x, Input<Scalar> dy, TensorView<Scalar> dweight,
                            Write write = Write::accumulate, Parallel parallel = {}) {
  constexpr const char* operation = "affine_weight_gradient";
  const auto [in, up] = detail::as_batch(operation, x, dy);
  const MatrixView<Scalar> dw =
      detail::as_matrix_view(operation, "weight gradient", dweight, up.columns, in.columns);
  matrix_product(up.transposed(), in, dw, write, parallel, Partition::rows);
}

/// Computes (dL/dy)^T x in pieces that stay in cache. Calls f(first, elements) with an Eigen array of the
/// elements of dL/dW starting at index `first`, which f may overwrite. Pieces and values do not depend on the
/// number of threads; several threads may call f at once. x is `[N, in]`, dy `[N, out]`. Throws ShapeError.
template <class Scalar, class F>
void visit_affine_weight_gradient(Input<Scalar> x, Input<Scalar> dy, F&& f, Parallel parallel = {}) {
  const auto [in, up] = detail::as_batch("visit_affine_weight_gradient", x, dy);
  detail::visit_product(up.transposed(), in, f, parallel);
}

/// Adds the gradient of affine with respect to its bias, `[out]`. Throws ShapeError.
/// `dL/db += sum over the batch of dL/dy`
template <class Scalar>
void affine_bias_gradient(Input<Scalar> dy, TensorView<Scalar> dbias) {
  const MatrixView<const Scalar> up = detail::as_matrix_view("affine_bias_gradient", "output gradient", dy);
  check_shape("affine_bias_gradient", "bias gradient", dbias.shape(), Shape{up.columns});
  // Typical batches are short enough to add in order, which reproduces the results of earlier versions.
  constexpr Index rows_in_order = 256;
  if (up.rows <= rows_in_order) {
    for (Index i = 0; i < up.rows; ++i) dbias.array() += dy[i].array();
    return;
  }
  const auto store = [out = dbias.data()](Index j, detail::Wide<Scalar> sum) {
    out[j] = static_cast<Scalar>(static_cast<detail::Wide<Scalar>>(out[j]) + sum);
  };
  detail::sum_columns(up.rows, up.columns, store, detail::MatrixTerm<Scalar>{up.data, up.columns});
}

}  // namespace gradus::ops
