// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <utility>

#include <gradus/core/matrix_view.hpp>
#include <gradus/core/prefetch.hpp>
#include <gradus/core/simd/pack.hpp>

/// Micro-kernels that vectorise along the summed dimension, for operands that are both contiguous along it.
/// They need no packing; the cost is the sum over the lanes at the end.
///
/// Term k belongs to lane k mod dot_lanes at every register width, so the order of the sums depends only on
/// the depth, which must be at least dot_lanes.
namespace gradus::ops::detail {

/// Lanes of a dot product: 64 bytes, in one or more registers.
template <class S>
inline constexpr int dot_lanes = 64 / static_cast<int>(sizeof(S));

/// The number of registers that hold the lanes of one dot product.
template <class Isa, class S>
inline constexpr int dot_parts = dot_lanes<S> / Isa::template lanes<S>;

/// Rows and columns of the largest dot tile: as many sums as fit in the registers.
template <class Isa>
inline constexpr int dot_rows = Isa::registers >= 32 ? 6 : 3;
template <class Isa, class S>
inline constexpr int dot_columns = dot_parts<Isa, S> >= 4 ? 1 : 4 / dot_parts<Isa, S>;

/// Returns the sum of the lanes, added by halves.
template <int parts, class S, int n>
[[gnu::always_inline]] inline S sum_lanes(const simd::Pack<S, n>* sums) {
  if constexpr (parts == 1) {
    return sum(sums[0]);
  } else {
    simd::Pack<S, n> half[parts / 2];
    for (int p = 0; p < parts / 2; ++p) half[p] = sums[p] + sums[p + parts / 2];
    return sum_lanes<parts / 2>(half);
  }
}

/// Computes c = a b or c += a b for `Rows` rows and at most `Columns` columns; 0 means dot_columns.
template <int Rows, int Columns = 0>
struct DotTile {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(const MatrixView<const S>& a, const MatrixView<const S>& b,
                                         const MatrixView<S>& c, bool accumulate) {
    constexpr int columns = Columns > 0 ? Columns : dot_columns<Isa, S>, parts = dot_parts<Isa, S>;
    multiply<Isa::template lanes<S>, parts>(a, b, c, accumulate, std::make_integer_sequence<Index, columns>{},
                                            std::make_integer_sequence<Index, Rows>{},
                                            std::make_integer_sequence<Index, parts>{},
                                            std::make_integer_sequence<Index, Rows * columns * parts>{});
  }

 private:
  /// Computes sums[i] += a_terms[i] b_term for each row i; the sums of a row are `parts` apart.
  template <int parts, class Pack, Index... I>
  [[gnu::always_inline]] static void add_to_column(Pack* sums, const Pack* a_terms, const Pack& b,
                                                   std::integer_sequence<Index, I...>) {
    Pack b_term = b;
    simd::hold_in_register(b_term);
    ((sums[I * parts] = multiply_add(a_terms[I], b_term, sums[I * parts])), ...);
  }

  /// Adds the products of n terms of a_row and each of b_columns, starting at term k. Unless `whole`, only
  /// the last `count` of them are added.
  template <int parts, bool whole, int n, class S, Index... J, Index... I>
  [[gnu::always_inline]] static void add_terms(const S* a_row, Index a_stride, const S* const* b_columns,
                                               Index k, Index count, simd::Pack<S, n>* sums,
                                               std::integer_sequence<Index, J...>,
                                               std::integer_sequence<Index, I...> rows) {
    using Pack = simd::Pack<S, n>;
    const auto terms = [&](const S* from) __attribute__((always_inline)) {
      if constexpr (whole)
        return simd::load<S, n>(from);
      else
        return keep_last(simd::load<S, n>(from), count);
    };
    Pack a_terms[] = {terms(a_row + I * a_stride + k)...};
    (simd::hold_in_register(a_terms[I]), ...);
    (add_to_column<parts>(sums + J * Rows * parts, a_terms, terms(b_columns[J] + k), rows), ...);
  }

  template <class S>
  [[gnu::always_inline]] static void write(const MatrixView<S>& c, Index i, Index j, S dot, bool accumulate) {
    if (j < c.columns) c(i, j) = accumulate ? c(i, j) + dot : dot;
  }

  // J numbers the columns, I the rows, P the parts and T the sums: part T % parts of row T / parts % Rows and
  // column T / parts / Rows.
  template <int n, int parts, class S, Index... J, Index... I, Index... P, Index... T>
  [[gnu::always_inline]] static void multiply(const MatrixView<const S>& a, const MatrixView<const S>& b,
                                              const MatrixView<S>& c, bool accumulate,
                                              std::integer_sequence<Index, J...> columns,
                                              std::integer_sequence<Index, I...> rows,
                                              std::integer_sequence<Index, P...>,
                                              std::integer_sequence<Index, T...>) {
    using Pack = simd::Pack<S, n>;
    constexpr Index lanes = n * parts;
    const Index depth = a.columns, last = c.columns - 1;
    const S* const b_columns[] = {b.data + std::min<Index>(J, last) * b.column_stride...};
    Pack sums[] = {simd::broadcast<S, n>(S(T * 0))...};
    Index k = 0;
    for (; k + lanes <= depth; k += lanes)
      (add_terms<parts, true>(a.data, a.row_stride, b_columns, k + P * n, n, sums + P, columns, rows), ...);
    // One more step over all lanes, ending at the last term; terms that were already added are skipped.
    if (k < depth) {
      const Index rest = depth - k;
      k = depth - lanes;
      (add_terms<parts, false>(a.data, a.row_stride, b_columns, k + P * n,
                               std::clamp<Index>(rest - (parts - 1 - P) * n, 0, n), sums + P, columns, rows),
       ...);
    }
    ((T % parts == 0 ? write(c, T / parts % Rows, T / parts / Rows, sum_lanes<parts>(sums + T), accumulate)
                     : void()),
     ...);
  }
};

/// Independent chains in a single dot product, each of dot_lanes, and the prefetch distance in bytes.
inline constexpr int dot_chains = 4;
inline constexpr Index prefetch_distance = 8 * 1024;

/// Up to this many bytes of b, single_row computes several columns side by side. Each then has one chain
/// instead of dot_chains and fewer final steps, which saves a third of the time on short columns. Columns
/// that come from memory are faster one after the other (measured on an AMD Zen 4: 5% at 4 MB, 10% at 64 MB).
inline constexpr Index side_by_side_bytes = 2 * 1024 * 1024;

/// Computes c = a b or c += a b for a single row of a, which stays in the L1 cache.
struct SingleRow {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(const MatrixView<const S>& a, const MatrixView<const S>& b,
                                         const MatrixView<S>& c, bool accumulate) {
    if (c.columns * a.columns <= side_by_side_bytes / Index{sizeof(S)})
      multiply_side_by_side<Isa>(a, b, c, accumulate);
    else
      multiply_in_order<Isa>(a, b, c, accumulate);
  }

 private:
  /// Uses tiles of the transposed product, so that a single row gives the same bits as in a small batch.
  template <class Isa, class S>
  [[gnu::always_inline]] static void multiply_side_by_side(const MatrixView<const S>& a,
                                                           const MatrixView<const S>& b,
                                                           const MatrixView<S>& c, bool accumulate) {
    constexpr Index group = dot_parts<Isa, S> >= 4 ? 2 : 4;
    const MatrixView<const S> rows = b.transposed(), column = a.transposed();
    const MatrixView<S> result = c.transposed();
    Index j = 0;
    for (; j + group <= c.columns; j += group)
      DotTile<group, 1>::template run<Isa>(rows.row_range(j, group), column, result.row_range(j, group),
                                           accumulate);
    for (; j < c.columns; ++j)
      DotTile<1, 1>::template run<Isa>(rows.row_range(j, 1), column, result.row_range(j, 1), accumulate);
  }

  /// Processes the columns in memory order and prefetches, so that b is read at memory bandwidth.
  template <class Isa, class S>
  [[gnu::always_inline]] static void multiply_in_order(const MatrixView<const S>& a,
                                                       const MatrixView<const S>& b, const MatrixView<S>& c,
                                                       bool accumulate) {
    constexpr int parts = dot_parts<Isa, S>;
    const Index depth = a.columns;
    const Index ahead = prefetch_distance / Index{sizeof(S)} / depth + 1;
    for (Index j = 0; j < c.columns; ++j) {
      const S* const next = b.data + std::min(j + ahead, c.columns - 1) * b.column_stride;
      const S product = dot<Isa::template lanes<S>, parts>(
          a.data, b.data + j * b.column_stride, next, depth, std::make_integer_sequence<Index, parts>{},
          std::make_integer_sequence<Index, parts * dot_chains>{});
      S& element = c.data[j * c.column_stride];
      element = accumulate ? element + product : product;
    }
  }

  template <int n, int parts, class S, Index... P, Index... T>
  [[gnu::always_inline]] static S dot(const S* a, const S* b, const S* next_b, Index depth,
                                      std::integer_sequence<Index, P...>,
                                      std::integer_sequence<Index, T...>) {
    using Pack = simd::Pack<S, n>;
    constexpr Index lanes = n * parts, step = lanes * dot_chains;
    Pack sums[] = {simd::broadcast<S, n>(S(T * 0))...};
    Index k = 0;
    for (; k + step <= depth; k += step) {
      gradus::detail::prefetch(next_b + k, step * Index{sizeof(S)});
      ((sums[T] = multiply_add(simd::load<S, n>(a + k + T * n), simd::load<S, n>(b + k + T * n), sums[T])),
       ...);
    }
    for (; k + lanes <= depth; k += lanes)
      ((sums[P] = multiply_add(simd::load<S, n>(a + k + P * n), simd::load<S, n>(b + k + P * n), sums[P])),
       ...);
    if (k < depth) {
      const Index rest = depth - k;
      k = depth - lanes;
      ((sums[P] = add_last(a + k + P * n, b + k + P * n, std::clamp<Index>(rest - (parts - 1 - P) * n, 0, n),
                           sums[P])),
       ...);
    }
    // Adds the chains, lane by lane.
    for (int chain = 1; chain < dot_chains; ++chain) ((sums[P] = sums[P] + sums[chain * parts + P]), ...);
    return sum_lanes<parts>(sums);
  }

  /// Returns sum + a b for the last `count` elements.
  template <class S, int n>
  [[gnu::always_inline]] static simd::Pack<S, n> add_last(const S* a, const S* b, Index count,
                                                          const simd::Pack<S, n>& sum) {
    return multiply_add(keep_last(simd::load<S, n>(a), count), keep_last(simd::load<S, n>(b), count), sum);
  }
};

}  // namespace gradus::ops::detail
