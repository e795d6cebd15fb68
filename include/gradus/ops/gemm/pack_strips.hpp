// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>

#include <gradus/core/matrix_view.hpp>
#include <gradus/core/prefetch.hpp>
#include <gradus/core/simd/pack.hpp>

namespace gradus::ops::detail {

// Block sizes are constants rather than derived from the machine's caches, so that a binary sums in the same
// order everywhere.

/// Terms summed before the sums return to memory. A packed panel of b, at most 24 KB, stays in the L1 cache.
inline constexpr Index block_depth = 192;

/// Rows of a packed at a time: 192 KB, for the L2 cache. A float batch of 256 packs b only once.
template <class S>
inline constexpr Index block_rows = 192 * 1024 / (block_depth * Index{sizeof(S)});

/// Elements from one packed strip to the next. The extra cache line keeps strips from competing for the same
/// cache sets.
template <class S>
constexpr Index strip_stride(Index lanes) {
  return lanes * block_depth + 64 / Index{sizeof(S)};
}

/// Copies m into strips that are one pack of rows high, column by column, so that a tile reads them
/// sequentially. Strips are strip_stride apart; missing rows of the last strip are zero.
struct PackStrips {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(const MatrixView<const S>& m, S* to) {
    constexpr Index n = Isa::template lanes<S>, strip = strip_stride<S>(n);
    const Index whole = m.rows - m.rows % n;
    Index packed = 0;  // packed columns of the full strips
    if (m.row_stride == 1) {
      packed = m.columns;
      // The columns of a panel are short and far apart, which the hardware does not prefetch.
      const bool is_panel = whole <= 4 * n;
      for (Index k = 0; k < m.columns; ++k) {
        if (is_panel && whole > 0 && k + columns_ahead < m.columns) {
          gradus::detail::prefetch(&m(0, k + columns_ahead), 1);
          gradus::detail::prefetch(&m(whole - 1, k + columns_ahead), 1);
        }
        for (Index i = 0; i < whole; i += n)
          simd::store(to + i / n * strip + k * n, simd::load<S, n>(m.data + i + k * m.column_stride));
      }
    } else if (m.column_stride == 1) {
      packed = m.columns - m.columns % n;
      for (Index i = 0; i < whole; i += n)
        for (Index k = 0; k < packed; k += n)
          transpose_square<n>(m.data + i * m.row_stride + k, m.row_stride, to + i / n * strip + k * n);
    }
    for (Index i = 0; i < whole; i += n) copy<n>(m, i, packed, to);
    if (whole < m.rows) copy<n>(m, whole, 0, to);
  }

 private:
  static constexpr Index columns_ahead = 8;  // prefetch distance

  template <int n, class S>
  [[gnu::always_inline]] static void transpose_square(const S* from, Index stride, S* to) {
    simd::Pack<S, n> rows[n];
    for (int i = 0; i < n; ++i) rows[i] = simd::load<S, n>(from + i * stride);
    transpose(rows);
    for (int i = 0; i < n; ++i) simd::store(to + i * n, rows[i]);
  }

  /// Copies one strip element by element, starting at `first_column`.
  template <Index n, class S>
  [[gnu::always_inline]] static void copy(const MatrixView<const S>& m, Index first_row, Index first_column,
                                          S* to) {
    const Index rows = std::min(n, m.rows - first_row);
    S* const strip = to + first_row / n * strip_stride<S>(n);
    for (Index k = first_column; k < m.columns; ++k) {
      for (Index r = 0; r < rows; ++r) strip[k * n + r] = m(first_row + r, k);
      for (Index r = rows; r < n; ++r) strip[k * n + r] = S(0);
    }
  }
};

}  // namespace gradus::ops::detail
