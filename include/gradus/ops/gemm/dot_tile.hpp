#pragma once

#include <algorithm>
#include <utility>

#include <gradus/core/matrix_view.hpp>
#include <gradus/core/prefetch.hpp>
#include <gradus/core/simd/pack.hpp>

/// Micro-kernels that vectorise along the summed dimension, for operands that are both contiguous along it:
/// nothing need be packed. The price is the sum over the lanes at the end. The order of the sums depends on
/// the depth alone, which must be at least one pack.
namespace gradus::ops::detail {

/// Rows of the largest dot tile, and columns of each.
template <class Isa>
inline constexpr int dot_rows = Isa::registers >= 32 ? 6 : 3;
inline constexpr int dot_columns = 4;

/// c = a b, or c += a b, for `Rows` rows and at most dot_columns columns.
template <int Rows>
struct DotTile {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(const MatrixView<const S>& a, const MatrixView<const S>& b,
                                         const MatrixView<S>& c, bool accumulate) {
    multiply<Isa::template lanes<S>>(a, b, c, accumulate, std::make_integer_sequence<Index, dot_columns>{},
                                     std::make_integer_sequence<Index, Rows>{},
                                     std::make_integer_sequence<Index, Rows * dot_columns>{});
  }

 private:
  /// sums[i] += a_terms[i] b_term for each row i.
  template <class Pack, Index... I>
  [[gnu::always_inline]] static void add_to_column(Pack* sums, const Pack* a_terms, const Pack& b,
                                                   std::integer_sequence<Index, I...>) {
    Pack b_term = b;
    simd::hold_in_register(b_term);
    ((sums[I] = multiply_add(a_terms[I], b_term, sums[I])), ...);
  }

  template <class S>
  [[gnu::always_inline]] static void write(const MatrixView<S>& c, Index i, Index j, S dot, bool accumulate) {
    if (j < c.columns) c(i, j) = accumulate ? c(i, j) + dot : dot;
  }

  // J numbers the columns, I the rows, T the sums: row T % Rows, column T / Rows.
  template <int n, class S, Index... J, Index... I, Index... T>
  [[gnu::always_inline]] static void multiply(const MatrixView<const S>& a, const MatrixView<const S>& b,
                                              const MatrixView<S>& c, bool accumulate,
                                              std::integer_sequence<Index, J...>,
                                              std::integer_sequence<Index, I...> rows,
                                              std::integer_sequence<Index, T...>) {
    using Pack = simd::Pack<S, n>;
    const Index depth = a.columns, last = c.columns - 1;
    const S* const a_rows = a.data;
    const Index a_stride = a.row_stride;
    const S* const b_columns[] = {b.data + std::min<Index>(J, last) * b.column_stride...};
    Pack sums[] = {simd::broadcast<S, n>(S(T * 0))...};
    Index k = 0;
    for (; k + n <= depth; k += n) {
      Pack a_terms[] = {simd::load<S, n>(a_rows + I * a_stride + k)...};
      (simd::hold_in_register(a_terms[I]), ...);
      (add_to_column(sums + J * Rows, a_terms, simd::load<S, n>(b_columns[J] + k), rows), ...);
    }
    // One more whole pack that ends with the last terms; elements summed before are set to zero.
    if (k < depth) {
      const Index rest = depth - k;
      k = depth - n;
      const Pack a_terms[] = {keep_last(simd::load<S, n>(a_rows + I * a_stride + k), rest)...};
      (add_to_column(sums + J * Rows, a_terms, keep_last(simd::load<S, n>(b_columns[J] + k), rest), rows),
       ...);
    }
    (write(c, T % Rows, T / Rows, sum(sums[T]), accumulate), ...);
  }
};

/// Independent chains of a single dot product, and how far ahead it prefetches, in bytes.
inline constexpr int dot_chains = 8;
inline constexpr Index prefetch_distance = 8 * 1024;

/// c = a b, or c += a b, for a single row of a, which stays in the L1 cache: one column after the other in
/// the order of memory, prefetched, so that b arrives at the memory's speed.
struct SingleRow {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(const MatrixView<const S>& a, const MatrixView<const S>& b,
                                         const MatrixView<S>& c, bool accumulate) {
    const Index depth = a.columns;
    const Index ahead = prefetch_distance / Index{sizeof(S)} / depth + 1;
    for (Index j = 0; j < c.columns; ++j) {
      const S* const next = b.data + std::min(j + ahead, c.columns - 1) * b.column_stride;
      const S product = dot<Isa::template lanes<S>>(a.data, b.data + j * b.column_stride, next, depth,
                                                    std::make_integer_sequence<Index, dot_chains>{});
      S& element = c.data[j * c.column_stride];
      element = accumulate ? element + product : product;
    }
  }

 private:
  template <int n, class S, Index... T>
  [[gnu::always_inline]] static S dot(const S* a, const S* b, const S* next_b, Index depth,
                                      std::integer_sequence<Index, T...>) {
    using Pack = simd::Pack<S, n>;
    constexpr Index step = Index{sizeof...(T)} * n;
    Pack sums[] = {simd::broadcast<S, n>(S(T * 0))...};
    Index k = 0;
    for (; k + step <= depth; k += step) {
      gradus::detail::prefetch(next_b + k, step * Index{sizeof(S)});
      ((sums[T] = multiply_add(simd::load<S, n>(a + k + T * n), simd::load<S, n>(b + k + T * n), sums[T])),
       ...);
    }
    for (; k + n <= depth; k += n)
      sums[0] = multiply_add(simd::load<S, n>(a + k), simd::load<S, n>(b + k), sums[0]);
    if (k < depth) {
      const Index rest = depth - k;
      k = depth - n;
      sums[0] = multiply_add(keep_last(simd::load<S, n>(a + k), rest),
                             keep_last(simd::load<S, n>(b + k), rest), sums[0]);
    }
    Pack total = simd::broadcast<S, n>(0);
    ((total = total + sums[T]), ...);
    return sum(total);
  }
};

}  // namespace gradus::ops::detail
