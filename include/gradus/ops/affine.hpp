#pragma once

#include <gradus/core/matrix_view.hpp>
#include <gradus/core/parallel.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/column_sums.hpp>
#include <gradus/ops/gemm/visit_product.hpp>
#include <gradus/ops/product.hpp>

/// The fully connected layer: x `[N, in]`, weight W `[out, in]` as in PyTorch, bias b `[out]`, y `[N, out]`.
namespace gradus::ops {

namespace detail {

template <class Scalar>
MatrixView<Scalar> as_matrix_view(TensorView<Scalar> x) {
  if (x.rank() != 2) gradus::detail::fail_rank("affine", x.shape(), 2);
  return MatrixView<Scalar>(x.data(), x.shape()[0], x.shape()[1]);
}

}  // namespace detail

// y = x W^T + b; a null bias is none
template <class Scalar>
void affine(Input<Scalar> x, Input<Scalar> weight, Input<Scalar> bias, TensorView<Scalar> y,
            Parallel parallel = {}) {
  const MatrixView<const Scalar> in = detail::as_matrix_view(x), w = detail::as_matrix_view(weight);
  Write write = Write::overwrite;
  if (!bias.is_null()) {
    check_shape("affine", "bias", bias.shape(), Shape{w.rows});
    check_shape("affine", "output", y.shape(), Shape{in.rows, w.rows});
    y.matrix().rowwise() = bias.vector().transpose();
    write = Write::accumulate;
  }
  product(in, w.transposed(), detail::as_matrix_view(y), write, parallel);
}

// dL/dx = dL/dy W
template <class Scalar>
void affine_input_gradient(Input<Scalar> dy, Input<Scalar> weight, TensorView<Scalar> dx,
                           Parallel parallel = {}) {
  product(detail::as_matrix_view(dy), detail::as_matrix_view(weight), detail::as_matrix_view(dx),
          Write::overwrite, parallel);
}

// dL/dW += (dL/dy)^T x, or dL/dW = (dL/dy)^T x
template <class Scalar>
void affine_weight_gradient(Input<Scalar> x, Input<Scalar> dy, TensorView<Scalar> dweight,
                            Write write = Write::accumulate, Parallel parallel = {}) {
  product(detail::as_matrix_view(dy).transposed(), detail::as_matrix_view(x), detail::as_matrix_view(dweight),
          write, parallel, Partition::rows);
}

/// Computes (dL/dy)^T x in pieces that never leave the caches: calls f(first, elements) with an Eigen array
/// of the elements of dL/dW from number `first` on, which f may overwrite. Pieces and values do not depend on
/// the number of threads, several of which may be in f at once. Throws ShapeError.
template <class Scalar, class F>
void visit_affine_weight_gradient(Input<Scalar> x, Input<Scalar> dy, F&& f, Parallel parallel = {}) {
  const MatrixView<const Scalar> in = detail::as_matrix_view(x), up = detail::as_matrix_view(dy).transposed();
  if (in.rows != up.columns)
    detail::fail_product_shapes(up.rows, up.columns, in.rows, in.columns, up.rows, in.columns);
  detail::visit_product(up, in, f, parallel);
}

// dL/db += sum over the batch of dL/dy
template <class Scalar>
void affine_bias_gradient(Input<Scalar> dy, TensorView<Scalar> dbias) {
  const MatrixView<const Scalar> up = detail::as_matrix_view(dy);
  check_shape("affine_bias_gradient", "bias gradient", dbias.shape(), Shape{up.columns});
  // A usual batch is short enough to be added in order, and training keeps the numbers of earlier versions.
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
