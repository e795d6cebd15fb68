#pragma once

#include <algorithm>

#include <gradus/core/matrix_view.hpp>
#include <gradus/core/parallel.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/column_sums.hpp>
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
          write, parallel, Split::rows);
}

namespace detail {

// Of a product whose numbers are looked at once: a block of them, 64 KB, stays in the caches.
inline constexpr Index visited_rows = 16;
template <class Scalar>
inline constexpr Index visited_columns = Index{4096} / static_cast<Index>(sizeof(Scalar));
template <class Scalar>
inline constexpr Index visited_at_once = Index{8192} / static_cast<Index>(sizeof(Scalar));

/// Calls f(first, numbers) for the elements of a b, whose first one has the number `first`.
template <class Scalar, class F>
void visit_product(MatrixView<const Scalar> a, MatrixView<const Scalar> b, Index first, F& f) {
  using Numbers = typename TensorView<Scalar>::ArrayMap;
  alignas(64) Scalar block[visited_rows * visited_columns<Scalar>];
  const Index row_step = a.columns <= 2 ? 4 : visited_rows;  // tiles are for more terms: better all in L1
  for (Index i = 0; i < a.rows; i += row_step)
    for (Index j = 0; j < b.columns; j += visited_columns<Scalar>) {
      const MatrixView<Scalar> c(block, std::min(row_step, a.rows - i),
                                 std::min(visited_columns<Scalar>, b.columns - j));
      product(a.row_range(i, c.rows), b.column_range(j, c.columns), c);
      // whole rows follow each other in the block as they do in a b
      const bool is_whole = c.columns == b.columns;
      const Index runs = is_whole ? 1 : c.rows, run_size = c.rows * c.columns / runs;
      for (Index run = 0; run < runs; ++run)
        for (Index k = 0; k < run_size; k += visited_at_once<Scalar>)
          f(first + (i + run) * b.columns + j + k,
            Numbers(&c(run, 0) + k, std::min(visited_at_once<Scalar>, run_size - k)));
    }
}

}  // namespace detail

/// The same in pieces that never leave the caches: calls f(first, numbers) with an Eigen array of the
/// elements of dL/dW from number `first` on, which f may overwrite. The numbers and the pieces do not depend
/// on the threads, of which several may be in f at once. Takes 64 KB of the stack.
template <class Scalar, class F>
void visit_affine_weight_gradient(Input<Scalar> x, Input<Scalar> dy, F&& f, Parallel parallel = {}) {
  const MatrixView<const Scalar> in = detail::as_matrix_view(x), up = detail::as_matrix_view(dy).transposed();
  const Index blocks = (up.rows + detail::visited_rows - 1) / detail::visited_rows;
  const Index parts = std::clamp(up.rows * up.columns * in.columns / detail::part_work, Index{1},
                                 std::clamp(blocks, Index{1}, parallel.threads()));
  parallel.run_ranges(parts, blocks, [&](Index first_block, Index last_block) {
    const Index begin = first_block * detail::visited_rows,
                end = std::min(up.rows, last_block * detail::visited_rows);
    detail::visit_product(up.row_range(begin, end - begin), in, begin * in.columns, f);
  });
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
  detail::sum_columns(up.data, up.rows, up.columns, [out = dbias.data()](Index j, detail::Wide<Scalar> sum) {
    out[j] = static_cast<Scalar>(static_cast<detail::Wide<Scalar>>(out[j]) + sum);
  });
}

}  // namespace gradus::ops
