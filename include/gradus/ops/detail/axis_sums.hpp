#pragma once

#include <algorithm>
#include <array>

#include <gradus/core/shape.hpp>
#include <gradus/ops/detail/column_sums.hpp>
#include <gradus/ops/detail/strided.hpp>
#include <gradus/ops/detail/sum.hpp>

/// Sums of a tensor along any of its axes.
namespace gradus::ops::detail {

/// Where the sums along the axes that `from` has more of than `to` find their terms. Axes that are summed and
/// axes that are kept alternate once neighbours are merged, so either `columns` or `rows` is contiguous.
struct SummedAxes {
  /// Offsets are into `from` and `to`. Neither shape may be empty.
  SummedAxes(const Shape& from, const Shape& to) {
    const std::array strides{row_major_strides(from), broadcast_strides(to, from)};
    for (const StridedAxis<2>& axis : StridedAxes<2>(from, strides))
      (axis.steps[1] == 0 ? summed : kept).push(axis);
    columns = kept.pop();
    rows = summed.pop();
  }

  StridedAxes<2> kept, summed;
  StridedAxis<2> columns, rows;  ///< the innermost axis that is kept, and the innermost one that is summed
};

/// Calls `store(o, sum)` for each element o of `to`. `add_columns(sums, in, o, rows, step)` adds the rows
/// that begin at element `in` of `from` and are `step` apart to the columns that begin at o; `sum_row(in, o,
/// count)` returns the sum of a run of `count` elements for o.
template <class Scalar, class AddColumns, class SumRow, class Store>
void sum_along(const Shape& from, const Shape& to, const AddColumns& add_columns, const SumRow& sum_row,
               const Store& store) {
  if (from.empty()) {
    for (Index o = 0; o < to.size(); ++o) store(o, Wide<Scalar>{0});
    return;
  }
  const SummedAxes axes(from, to);
  const Index rows = axes.rows.extent, step = axes.columns.steps[0];
  axes.kept.for_each_offset([&](const auto& at) {
    for (Index first = 0; first < axes.columns.extent; first += columns_at_once) {
      const Index count = std::min(columns_at_once, axes.columns.extent - first), out = at[1] + first;
      ColumnSums<Scalar> sums(count);
      axes.summed.for_each_offset([&](const auto& outer) {
        const Index in = at[0] + outer[0] + first * step;
        if (step == 1)
          add_columns(sums, in, out, rows, axes.rows.steps[0]);
        else
          for (Index j = 0; j < count; ++j) sums.add(j, sum_row(in + j * step, out + j, rows));
      });
      for (Index j = 0; j < count; ++j) store(out + j, sums[j]);
    }
  });
}

/// For each element o of a tensor of shape `to`, calls `store(o, sum)` with the sum of the elements of x, of
/// shape `from`, that expand would copy o to. Elements are numbered in row-major order.
template <class Scalar, class Store>
void sum_axes(const Scalar* x, const Shape& from, const Shape& to, const Store& store) {
  sum_along<Scalar>(
      from, to,
      [x](auto& sums, Index in, Index, Index rows, Index step) { sums.add_rows(x + in, rows, step); },
      [x](Index in, Index, Index count) { return sum(x + in, count); }, store);
}

/// The same for the sum of `term(i, o)` over the elements i of `from`.
template <class Scalar, class Term, class Store>
void sum_axis_terms(const Shape& from, const Shape& to, const Term& term, const Store& store) {
  sum_along<Scalar>(
      from, to,
      [&](auto& sums, Index in, Index o, Index rows, Index step) {
        sums.add_terms(rows, [&](Index i, Index j) { return term(in + i * step + j, o + j); });
      },
      [&](Index in, Index o, Index count) {
        return sum_terms<Scalar>(count, [&](Index i) { return term(in + i, o); });
      },
      store);
}

}  // namespace gradus::ops::detail
