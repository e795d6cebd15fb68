// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>

#include <gradus/core/matrix_view.hpp>
#include <gradus/core/parallel.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/gemm/plan.hpp>
#include <gradus/ops/gemm/workspace.hpp>

/// A product that is consumed block by block and never stored as a whole.
namespace gradus::ops::detail {

/// A block is 64 KB and stays in cache until it has been visited.
inline constexpr Index visited_rows = 16;
template <class S>
inline constexpr Index visited_columns = Index{4096} / static_cast<Index>(sizeof(S));
/// The number of elements passed to one call of the visitor.
template <class S>
inline constexpr Index visited_at_once = Index{8192} / static_cast<Index>(sizeof(S));

/// The number of elements of memory that visit_rows needs.
template <class S>
inline constexpr Index visit_memory = visited_rows* visited_columns<S> + GemmWorkspace<S>::size;

/// Calls f(index, elements) for all elements of a b, where `index` is that of the first of `elements`. The
/// first element of a b has index `first`.
template <class S, class F>
void visit_rows(const MatrixView<const S>& a, const MatrixView<const S>& b, Index first, F& f, S* memory) {
  using Elements = typename TensorView<S>::ArrayMap;
  S* const workspace = memory + visited_rows * visited_columns<S>;
  // Tiles are worthwhile above two terms; otherwise a smaller block, which fits in the L1 cache, is faster.
  const Index row_step = a.columns <= 2 ? 4 : visited_rows;
  for (Index i = 0; i < a.rows; i += row_step)
    for (Index j = 0; j < b.columns; j += visited_columns<S>) {
      const MatrixView<S> c(memory, std::min(row_step, a.rows - i),
                            std::min(visited_columns<S>, b.columns - j));
      if (a.columns == 0)
        std::fill_n(memory, c.rows * c.columns, S(0));
      else
        ProductPlan<S>(a.row_range(i, c.rows), b.column_range(j, c.columns), c, Partition::longer_side, 1)
            .run(0, false, workspace);
      // Full rows are contiguous in the block, as they are in a b.
      const bool is_whole = c.columns == b.columns;
      const Index runs = is_whole ? 1 : c.rows, run_size = c.rows * c.columns / runs;
      for (Index run = 0; run < runs; ++run)
        for (Index k = 0; k < run_size; k += visited_at_once<S>)
          f(first + (i + run) * b.columns + j + k,
            Elements(&c(run, 0) + k, std::min(visited_at_once<S>, run_size - k)));
    }
}

/// Calls f(first, elements) once for each piece of a b. `elements` is an Eigen array that f may overwrite;
/// `first` is the row-major index of its first element. Pieces and values do not depend on the number of
/// threads; several threads may call f at once. The shapes of a and b must match.
template <class S, class F>
void visit_product(const MatrixView<const S>& a, const MatrixView<const S>& b, F& f, Parallel parallel) {
  const Index blocks = (a.rows + visited_rows - 1) / visited_rows;
  const Index parts = std::clamp(a.rows * a.columns * b.columns / part_work, Index{1},
                                 std::clamp(blocks, Index{1}, parallel.threads()));
  // All parts use memory of the calling thread, so workers never allocate.
  S* const memory = gemm_memory<S, MemoryUse::visit>(parallel.threads() * visit_memory<S>);
  parallel.run(parts, [&](Index part) {
    const Index begin = blocks * part / parts * visited_rows;
    const Index end = std::min(a.rows, blocks * (part + 1) / parts * visited_rows);
    visit_rows(a.row_range(begin, end - begin), b, begin * b.columns, f, memory + part * visit_memory<S>);
  });
}

}  // namespace gradus::ops::detail
