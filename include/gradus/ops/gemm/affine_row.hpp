// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <utility>

#include <gradus/core/index.hpp>
#include <gradus/core/matrix_view.hpp>
#include <gradus/core/simd/pack.hpp>
#include <gradus/ops/gemm/dot_tile.hpp>

/// A fully connected layer applied to a single sample.
namespace gradus::ops::detail {

/// Sums the lanes of each of N packs by halves. Lane i of the result equals sum(sums[i]) bit for bit.
template <int width, class S, int N, int... I, int... Pair>
[[gnu::always_inline]] inline simd::Pack<S, N> sum_rows(const simd::Pack<S, N>* sums,
                                                        std::integer_sequence<int, I...> lanes,
                                                        std::integer_sequence<int, Pair...>) {
  // Each pack holds N / width rows of `width` lanes.
  if constexpr (width == 1) {
    return sums[0];
  } else {
    constexpr int half = width / 2;
    const simd::Pack<S, N> halves[] = {
        simd::detail::swap_blocks<half, true>(sums[Pair], sums[Pair + half], lanes) +
        simd::detail::swap_blocks<half, false>(sums[Pair], sums[Pair + half], lanes)...};
    return sum_rows<half>(halves, lanes, std::make_integer_sequence<int, half / 2>{});
  }
}

/// A table of `dot_lanes` set masks followed by as many zero masks. Loading from first_lanes<S> +
/// dot_lanes<S> - count gives a mask of the first `count` lanes.
template <class S>
inline constexpr auto first_lanes = [] {
  IndexedArray<simd::detail::Bits<S>, 2 * dot_lanes<S>> bits{};
  for (Index i = 0; i < dot_lanes<S>; ++i) bits[i] = -1;
  return bits;
}();

/// Computes y = W x + b for one sample x. The rows of W are contiguous; a null bias means 0.
///
/// Multiplies as many rows of W at a time as a pack has lanes, so that their sums are independent and form
/// one pack of outputs. Term k is added to lane k mod dot_lanes, as in DotTile, so a single sample gives the
/// same bits as in a small batch.
struct AffineRow {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(const S* x, const MatrixView<const S>& w, const S* bias, S* y) {
    constexpr int n = Isa::template lanes<S>, parts = dot_parts<Isa, S>;
    if (w.columns >= dot_lanes<S>)
      multiply<n, parts, false>(x, w, w.rows, w.data, bias, y);
    else if (w.columns == 1)
      scale_column<n>(*x, w, bias, y);
    else
      multiply_short_rows<n, parts>(x, w, bias, y);
  }

 private:
  /// Handles a weight of one column.
  template <int n, class S>
  [[gnu::always_inline]] static void scale_column(S x, const MatrixView<const S>& w, const S* bias, S* y) {
    const auto factor = simd::broadcast<S, n>(x);
    Index j = 0;
    for (; j + n <= w.rows; j += n) {
      const auto product = factor * simd::load<S, n>(w.data + j);
      simd::store(y + j, bias ? product + simd::load<S, n>(bias + j) : product);
    }
    const Index rest = w.rows - j;
    if (rest == 0) return;
    const auto product = factor * simd::load_first<S, n>(w.data + j, rest);
    simd::store_first(y + j, bias ? product + simd::load_first<S, n>(bias + j, rest) : product, rest);
  }

  /// Handles rows shorter than the lanes by reading past them into the next rows. The last rows are read from
  /// a padded copy.
  template <int n, int parts, class S>
  [[gnu::always_inline]] static void multiply_short_rows(const S* x, const MatrixView<const S>& w,
                                                         const S* bias, S* y) {
    constexpr Index lanes = n * parts;
    const Index size = w.rows * w.row_stride, in_place = size < lanes ? 0 : (size - lanes) / w.row_stride + 1;
    S terms[lanes] = {}, last_rows[2 * lanes] = {};
    constexpr int most = static_cast<int>(lanes) / 2;
    simd::detail::copy_first<most>(terms, x, w.columns);
    simd::detail::copy_first<most>(last_rows, w.data + in_place * w.row_stride,
                                   size - in_place * w.row_stride);
    multiply<n, parts, true>(terms, w, in_place, last_rows, bias, y);
  }

  /// Computes y. Row i of W is read in place if i < in_place; otherwise it is row i - in_place of
  /// `last_rows`.
  template <int n, int parts, bool is_short, class S>
  [[gnu::always_inline]] static void multiply(const S* x, const MatrixView<const S>& w, Index in_place,
                                              const S* last_rows, const S* bias, S* y) {
    constexpr auto lanes = std::make_integer_sequence<int, n>{};
    Index j = 0;
    for (; j + n <= in_place; j += n) {
      const S* const first = w.data + j * w.row_stride;
      const auto row = [&](Index i) __attribute__((always_inline)) { return first + i * w.row_stride; };
      const auto dots = multiply_rows<n, parts, is_short>(x, row, w.columns, n, lanes);
      simd::store(y + j, bias ? dots + simd::load<S, n>(bias + j) : dots);
    }
    for (; j < w.rows; j += n) {
      const Index rest = std::min<Index>(n, w.rows - j);
      const auto row = [&](Index i) __attribute__((always_inline)) {
        const Index at = j + std::min(i, rest - 1);
        return at < in_place ? w.data + at * w.row_stride : last_rows + (at - in_place) * w.row_stride;
      };
      if constexpr (n > 2) {
        if (rest <= 2) {
          multiply_last_rows<n, parts, is_short>(x, row, w.columns, rest, bias ? bias + j : nullptr, y + j);
          return;
        }
      }
      const auto dots = multiply_rows<n, parts, is_short>(x, row, w.columns, rest, lanes);
      simd::store_first(y + j, bias ? dots + simd::load_first<S, n>(bias + j, rest) : dots, rest);
    }
  }

  /// Handles one or two rows, each with a sum of its own: transposing n sums would take twice as long.
  template <int n, int parts, bool is_short, class S, class Row>
  [[gnu::always_inline]] static void multiply_last_rows(const S* x, const Row& row, Index depth, Index count,
                                                        const S* bias, S* y) {
    simd::Pack<S, n> sums[2];
    add_group<parts, is_short>(x, row, depth, sums, std::make_integer_sequence<int, 2>{},
                               std::make_integer_sequence<int, parts>{},
                               std::make_integer_sequence<int, 2 * parts>{});
    for (Index i = 0; i < count; ++i) {
      const S dot = simd::sum(sums[i]);
      y[i] = bias ? dot + bias[i] : dot;
    }
  }

  /// Returns the dot products of x with n rows, of which only the first `count` are used.
  template <int n, int parts, bool is_short, class S, class Row, int... I>
  [[gnu::always_inline]] static simd::Pack<S, n> multiply_rows(const S* x, const Row& row, Index depth,
                                                               Index count,
                                                               std::integer_sequence<int, I...> lanes) {
    constexpr int group = std::min(n, parts >= 4 ? 2 : 4);
    simd::Pack<S, n> sums[] = {simd::broadcast<S, n>(S(I * 0))...};
    ((I % group == 0 && I < count
          ? add_group<parts, is_short>(
                x, [&](Index i) __attribute__((always_inline)) { return row(I + i); }, depth, sums + I,
                std::make_integer_sequence < int, I % group == 0 ? group : 0 > {},
                std::make_integer_sequence<int, parts>{}, std::make_integer_sequence < int,
                I % group == 0 ? group * parts : 0 > {})
          : void()),
     ...);
    return sum_rows<n>(sums, lanes, std::make_integer_sequence<int, n / 2>{});
  }

  /// Computes sums[I] = x row(I), lane by lane.
  template <int parts, bool is_short, class S, int n, class Row, int... I, int... P, int... T>
  [[gnu::always_inline]] static void add_group(const S* x, const Row& row, Index depth,
                                               simd::Pack<S, n>* sums, std::integer_sequence<int, I...>,
                                               std::integer_sequence<int, P...>,
                                               std::integer_sequence<int, T...>) {
    if constexpr (sizeof...(I) > 0) {
      using Pack = simd::Pack<S, n>;
      constexpr Index lanes = n * parts;
      const S* const rows[] = {row(I)...};
      Pack totals[] = {simd::broadcast<S, n>(S(T * 0))...};
      if constexpr (is_short) {
        // The elements after a row may be infinite or NaN, and 0 times those is not 0, so they are masked.
        const auto* const keep = first_lanes<S>.data() + lanes - depth;
        const simd::Pack<simd::detail::Bits<S>, n> masks[] = {
            simd::load<simd::detail::Bits<S>, n>(keep + P * n)...};
        ((totals[T] = simd::from_bits<S, n>(
              masks[T % parts] & simd::to_bits(simd::load<S, n>(x + T % parts * n) *
                                               simd::load<S, n>(rows[T / parts] + T % parts * n)))),
         ...);
      } else {
        Index k = 0;
        for (; k + lanes <= depth; k += lanes) {
          Pack terms[] = {simd::load<S, n>(x + k + P * n)...};
          (simd::hold_in_register(terms[P]), ...);
          ((totals[T] = multiply_add(terms[T % parts], simd::load<S, n>(rows[T / parts] + k + T % parts * n),
                                     totals[T])),
           ...);
        }
        if (k < depth) {
          const Index rest = depth - k;
          k = depth - lanes;
          const auto last = [&](const S* from, int part) __attribute__((always_inline)) {
            return keep_last(simd::load<S, n>(from + part * n),
                             std::clamp<Index>(rest - (parts - 1 - part) * n, 0, n));
          };
          const Pack terms[] = {last(x + k, P)...};
          ((totals[T] = multiply_add(terms[T % parts], last(rows[T / parts] + k, T % parts), totals[T])),
           ...);
        }
      }
      ((sums[I] = sum_parts<parts>(totals + I * parts, std::make_integer_sequence<int, parts / 2>{})), ...);
    }
  }

  /// Adds the parts of one dot product by halves.
  template <int parts, class S, int n, int... P>
  [[gnu::always_inline]] static simd::Pack<S, n> sum_parts(const simd::Pack<S, n>* sums,
                                                           std::integer_sequence<int, P...>) {
    if constexpr (parts == 1) {
      return sums[0];
    } else {
      const simd::Pack<S, n> half[] = {sums[P] + sums[P + parts / 2]...};
      return sum_parts<parts / 2>(half, std::make_integer_sequence<int, parts / 4>{});
    }
  }
};

}  // namespace gradus::ops::detail
