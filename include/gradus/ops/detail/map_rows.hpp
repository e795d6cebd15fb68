// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/index.hpp>
#include <gradus/core/simd/dispatch.hpp>
#include <gradus/core/simd/pack.hpp>

namespace gradus::ops::detail {

struct MapRows {
  template <class Isa, class Term, class S>
  [[gnu::always_inline]] static void run(Term term, Index rows, Index columns, S* y) {
    constexpr int N = Isa::template lanes<S>;
    for (Index i = 0; i < rows; ++i) {
      Index j = 0;
      for (; j + N <= columns; j += N) simd::store(y + i * columns + j, term.template at<N>(i, j));
      for (; j < columns; ++j) simd::store(y + i * columns + j, term.template at<1>(i, j));
    }
  }
};

/// Writes a term, as in column_sums.hpp, to y `[rows, columns]`. A term must round the same at every width,
/// so it must use multiply_add to add a product.
template <class Term>
void map_rows(const Term& term, Index rows, Index columns, typename Term::Scalar* y) {
  simd::dispatch<MapRows>(term, rows, columns, y);
}

/// Loads N elements at `from + j`, or returns N copies of `otherwise` if `from` is null.
template <int N, class S>
[[gnu::always_inline]] inline simd::Pack<S, N> load_or(const S* from, Index j, S otherwise) {
  simd::Pack<S, N> x = from == nullptr ? simd::broadcast<S, N>(otherwise) : simd::load<S, N>(from + j);
  // gcc would otherwise compile the two cases separately and fuse a product with this in only one of them.
  simd::hold_in_register(x);
  return x;
}

}  // namespace gradus::ops::detail
