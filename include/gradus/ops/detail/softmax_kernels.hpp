// SPDX-License-Identifier: MIT

#pragma once

#include <limits>

#include <gradus/core/index.hpp>
#include <gradus/core/simd/dispatch.hpp>
#include <gradus/core/simd/exp.hpp>
#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/pack.hpp>
#include <gradus/core/simd/sum_packs.hpp>

/// Computes exp(x - max(x)) of rows, and its sum, with packs.
///
/// Subtracting the maximum prevents overflow. If the maximum is infinite, elements equal to it become 1 and
/// the others 0. Subnormal results are flushed to 0. A NaN makes the sum of its row NaN.
namespace gradus::ops::detail {

/// Returns x - highest, and 0 for elements that equal the maximum even if it is infinite.
template <class P>
[[gnu::always_inline]] inline P shift_by_maximum(const P& x, const P& highest) {
  return select(x >= highest, 0, x - highest);
}

/// Returns the first `count` elements of x, followed by copies of `rest`.
template <class S, int N>
[[gnu::always_inline]] inline simd::Pack<S, N> keep_first(const simd::Pack<S, N>& x, Index count, S rest) {
  S places[N];
  for (int i = 0; i < N; ++i) places[i] = static_cast<S>(i);
  return select(simd::load<S, N>(places) < static_cast<S>(count), x, rest);
}

/// Computes the exponentials of contiguous rows x `[rows, columns]`. Row i is written to `exp + i * stride`,
/// padded to full packs. `readable` is how many elements may be read starting at x.
struct ExpOfShortRows {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(const S* x, Index rows, Index columns, Index readable, Index stride,
                                         S* exp, S* highest, S* sum) {
    constexpr int n = Isa::template lanes<S>;
    const Index whole = columns - columns % n, padded = columns == whole ? whole : whole + n;
    for (Index i = 0; i < rows; ++i) {
      highest[i] = shift_row<n>(x + i * columns, columns, readable - i * columns, exp + i * stride);
    }
    for (Index i = 0; i < rows; ++i) {
      S* const row = exp + i * stride;
      for (Index k = 0; k < padded; k += n) simd::store(row + k, exp_flushed(simd::load<S, n>(row + k)));
      if (padded > whole) {
        const Index rest = columns - whole;
        simd::store(row + whole, keep_first<S, n>(simd::load<S, n>(row + whole), rest, 0));
      }
    }
    for (Index i = 0; i < rows; ++i) sum[i] = sum_row<n>(exp + i * stride, columns, padded);
  }

 private:
  // At most this many numbers are summed in order, so that the result is the same on every machine.
  static constexpr Index most_in_order = 16;

  /// Writes x - max(x), padded to full packs, and returns max(x), which is unspecified if there is a NaN.
  template <int N, class S>
  [[gnu::always_inline]] static S shift_row(const S* x, Index columns, Index readable, S* to) {
    using P = simd::Pack<S, N>;
    constexpr S lowest = -std::numeric_limits<S>::infinity();
    const Index whole = columns - columns % N, rest = columns - whole;
    P last = simd::broadcast<S, N>(lowest);
    if (rest > 0) {
      const bool is_readable = whole + N <= readable;
      last = is_readable ? keep_first<S, N>(simd::load<S, N>(x + whole), rest, lowest)
                         : simd::load_first<S, N>(x + whole, rest, lowest);
    }
    P highest_pack = last;
    for (Index k = 0; k < whole; k += N) highest_pack = max(highest_pack, simd::load<S, N>(x + k));
    const S highest = max(highest_pack);
    const P shift = simd::broadcast<S, N>(highest);
    for (Index k = 0; k < whole; k += N) {
      simd::store(to + k, shift_by_maximum(simd::load<S, N>(x + k), shift));
    }
    if (rest > 0) simd::store(to + whole, shift_by_maximum(last, shift));
    return highest;
  }

  struct Load {
    template <int N, class S>
    struct From {
      const S* x;
      [[gnu::always_inline]] simd::Pack<S, N> operator()(Index i) const { return simd::load<S, N>(x + i); }
    };
  };

  template <int N, class S>
  [[gnu::always_inline]] static S sum_row(const S* x, Index columns, Index padded) {
    if (columns <= most_in_order) {
      S sum = 0;
      for (Index k = 0; k < columns; ++k) sum += x[k];
      return sum;
    }
    const typename Load::template From<N, S> load{x};
    return static_cast<S>(simd::detail::sum_packs<N, S>(padded, load));
  }
};

/// Writes the exponentials of a row of any length to `to`, which may be x. If `to` is null, only sums them.
struct ExpOfLongRow {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(const S* x, Index columns, S* to, S* highest, S* sum) {
    constexpr int n = Isa::template lanes<S>;
    using P = simd::Pack<S, n>;
    constexpr S lowest = -std::numeric_limits<S>::infinity();
    const Index rest = columns % n, whole = columns - rest;
    P last = simd::load_first<S, n>(x + whole, rest, lowest), highest_pack = last;
    for (Index k = 0; k < whole; k += n) highest_pack = max(highest_pack, simd::load<S, n>(x + k));
    *highest = max(highest_pack);
    last = exp_flushed(shift_by_maximum(last, simd::broadcast<S, n>(*highest)));
    last = keep_first<S, n>(last, rest, 0);
    const Term<n, S> term{x, to, *highest, whole, last};
    *sum = static_cast<S>(simd::detail::sum_packs<n, S>(rest > 0 ? whole + n : whole, term));
    if (to != nullptr) simd::store_first(to + whole, last, rest);
  }

 private:
  template <int N, class S>
  struct Term {
    const S* x;
    S* to;
    S highest;
    Index whole;
    const simd::Pack<S, N>& last;  // the elements starting at `whole`, then zeros
    [[gnu::always_inline]] simd::Pack<S, N> operator()(Index i) const {
      if (i == whole) return last;
      const simd::Pack<S, N> shift = simd::broadcast<S, N>(highest);
      const simd::Pack<S, N> y = exp_flushed(shift_by_maximum(simd::load<S, N>(x + i), shift));
      if (to != nullptr) simd::store(to + i, y);
      return y;
    }
  };
};

}  // namespace gradus::ops::detail
