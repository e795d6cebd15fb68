// SPDX-License-Identifier: MIT

#pragma once

#include <utility>

#include <gradus/core/matrix_view.hpp>
#include <gradus/core/simd/pack.hpp>

namespace gradus::ops::detail {

/// Terms of the largest row tile: their factors stay in registers while the row streams past.
inline constexpr int row_terms = 8;

/// Computes c = a b or c += a b for one row of c and `Terms` contiguous rows of b, for products that reuse b
/// too little to be worth packing it. Each element is the same chain of multiply-adds as in PanelTile.
template <int Terms>
struct RowTile {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(const MatrixView<const S>& a, const MatrixView<const S>& b,
                                         const MatrixView<S>& c, bool accumulate) {
    add_rows<Isa::template lanes<S>>(a, b, c, accumulate, std::make_integer_sequence<Index, Terms>{});
  }

 private:
  template <int n, class S, Index... T>
  [[gnu::always_inline]] static void add_rows(const MatrixView<const S>& a, const MatrixView<const S>& b,
                                              const MatrixView<S>& c, bool accumulate,
                                              std::integer_sequence<Index, T...>) {
    using Pack = simd::Pack<S, n>;
    const Pack factors[] = {simd::broadcast<S, n>(a.data[T * a.column_stride])...};
    const S* const rows[] = {b.data + T * b.row_stride...};
    S* const to = c.data;
    const Index columns = c.columns;
    Index j = 0;
    for (; j + n <= columns; j += n) {
      Pack sums = accumulate ? simd::load<S, n>(to + j) : simd::broadcast<S, n>(0);
      ((sums = multiply_add(factors[T], simd::load<S, n>(rows[T] + j), sums)), ...);
      simd::store(to + j, sums);
    }
    if (j == columns) return;
    const Index rest = columns - j;
    Pack sums = accumulate ? simd::load_first<S, n>(to + j, rest) : simd::broadcast<S, n>(0);
    ((sums = multiply_add(factors[T], simd::load_first<S, n>(rows[T] + j, rest), sums)), ...);
    simd::store_first(to + j, sums, rest);
  }
};

}  // namespace gradus::ops::detail
