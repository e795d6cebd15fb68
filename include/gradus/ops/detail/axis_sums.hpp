// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include <gradus/core/shape.hpp>
#include <gradus/core/simd/pack.hpp>
#include <gradus/core/simd/sum_map.hpp>
#include <gradus/ops/detail/column_sums.hpp>
#include <gradus/ops/detail/strided.hpp>
#include <gradus/ops/detail/sum.hpp>

/// Sums of a tensor along any of its axes.
namespace gradus::ops::detail {

/// The axes of a sum from shape `from` to shape `to`, in which summed axes are missing or have extent 1.
/// Summed and kept axes alternate once neighbours are merged, so either `columns` or `rows` is contiguous.
struct SummedAxes {
  /// Finds the axes. Their steps refer to `from` and `to`, in this order. Neither shape may be empty.
  SummedAxes(const Shape& from, const Shape& to) {
    const std::array strides{row_major_strides(from), broadcast_strides(to, from)};
    for (const StridedAxis<2>& axis : StridedAxes<2>(from, strides))
      (axis.steps[1] == 0 ? summed : kept).push(axis);
    columns = kept.pop();
    rows = summed.pop();
  }

  StridedAxes<2> kept, summed;
  StridedAxis<2> columns, rows;  ///< innermost kept axis and innermost summed axis
};

/// The term f(x) for the elements x of a matrix whose rows start `stride` elements apart.
template <class F, class S>
struct MappedMatrix {
  using Scalar = simd::MapResult<F, S>;
  F f;
  const S* x;
  Index stride;

  template <int N>
  [[gnu::always_inline]] simd::Pack<Scalar, N> at(Index i, Index j) const {
    return f(simd::load<S, N>(x + i * stride + j));
  }
};

/// Returns the sum of f(x) over column j of the summed axes, with each term added in the wider type.
template <class F, class S>
Wide<simd::MapResult<F, S>> sum_axes_in_wide(const F& f, const S* x, const SummedAxes& axes, Index j) {
  Wide<simd::MapResult<F, S>> sum = 0;
  axes.summed.for_each_offset([&](const auto& outer) {
    const MappedMatrix<F, S> part{f, x + outer[0], axes.rows.steps[0]};
    sum += sum_column_in_wide(part, axes.rows.extent, j * axes.columns.steps[0]);
  });
  return sum;
}

/// Calls `store(j, sum)` with the sum of f(x) over each of `count` columns of the summed axes.
template <class F, class S, class Store>
void sum_columns_of_axes(const F& f, const S* x, const SummedAxes& axes, Index count, const Store& store) {
  using Scalar = simd::MapResult<F, S>;
  const Index rows = axes.rows.extent, row_step = axes.rows.steps[0], step = axes.columns.steps[0];
  ColumnSums<Scalar> sums(count);
  axes.summed.for_each_offset([&](const auto& outer) {
    const S* const part = x + outer[0];
    if (step == 1) return sums.add_rows(MappedMatrix<F, S>{f, part, row_step}, rows);
    for (Index j = 0; j < count; ++j) sums.add(j, sum_map(f, part + j * step, rows));
  });
  for (Index j = 0; j < count; ++j) {
    Wide<Scalar> sum = sums[j];
    if (!simd::is_corrected<Scalar> && !std::isfinite(sum)) sum = sum_axes_in_wide(f, x, axes, j);
    store(j, sum);
  }
}

/// Calls `store(o, sum)` for each element o of a tensor of shape `to`, with the sum of f(x) over the elements
/// x of a tensor of shape `from` to which expand would copy o. Elements are numbered in row-major order; f is
/// as in simd::sum_map. A sum of floats overflows only if a term does.
template <class F, class S, class Store>
void sum_axes(const F& f, const S* x, const Shape& from, const Shape& to, const Store& store) {
  using Scalar = simd::MapResult<F, S>;
  if (from.empty()) {
    for (Index o = 0; o < to.size(); ++o) store(o, Wide<Scalar>{0});
    return;
  }
  const SummedAxes axes(from, to);
  const Index rows = axes.rows.extent, step = axes.columns.steps[0];
  axes.kept.for_each_offset([&](const auto& at) {
    const bool are_whole_runs = step != 1 && axes.summed.begin() == axes.summed.end();
    for (Index first = 0; first < axes.columns.extent; first += columns_at_once) {
      const Index count = std::min(columns_at_once, axes.columns.extent - first);
      const S* const in = x + at[0] + first * step;
      if (are_whole_runs) {
        for (Index j = 0; j < count; ++j) store(at[1] + first + j, sum_map(f, in + j * step, rows));
      } else {
        sum_columns_of_axes(f, in, axes, count,
                            [&, out = at[1] + first](Index j, const auto& sum) { store(out + j, sum); });
      }
    }
  });
}

}  // namespace gradus::ops::detail
