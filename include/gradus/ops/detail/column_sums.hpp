// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <gradus/core/index.hpp>
#include <gradus/core/simd/dispatch.hpp>
#include <gradus/core/simd/pack.hpp>
#include <gradus/core/simd/wide_sum.hpp>
#include <gradus/ops/detail/sum.hpp>

/// Sums over the rows of a matrix. Blocks of 8 rows are added pairwise in Scalar and the block sums in a
/// wider type, in the same order for every instruction set.
///
/// A term is a struct with a type `Scalar` and an always-inline function `template <int N> simd::Pack<Scalar,
/// N> at(Index i, Index j) const` that returns columns [j, j + N) of row i.
namespace gradus::ops::detail {

/// The number of columns summed at a time: 8 KB of double, which stays in the L1 cache.
inline constexpr Index columns_at_once = 1024;

struct AddRows {
  template <class Isa, class Term, class W>
  [[gnu::always_inline]] static void run(Term term, Index rows, Index columns, W* sums, W* errors) {
    constexpr int N = Isa::template lanes<typename Term::Scalar>;
    Index i = 0;
    for (; i + 8 <= rows; i += 8) add_rows<Isa, 8, N>(term, i, 0, columns, sums, errors);
    for (; i < rows; ++i) add_rows<Isa, 1, N>(term, i, 0, columns, sums, errors);
  }

 private:
  /// Adds rows [i, i + count) of columns [j, columns), N columns at a time as long as N are left.
  template <class Isa, int count, int N, class Term, class W>
  [[gnu::always_inline]] static void add_rows(const Term& term, Index i, Index j, Index columns, W* sums,
                                              W* errors) {
    for (; j + N <= columns; j += N)
      simd::add_wide<Isa>(pairwise<count, N>(term, i, j), sums + j, errors + j);
    if constexpr (N > 1) add_rows<Isa, count, (N > 4 ? N / 2 : 1)>(term, i, j, columns, sums, errors);
  }

  template <int count, int N, class Term>
  [[gnu::always_inline]] static simd::Pack<typename Term::Scalar, N> pairwise(const Term& term, Index i,
                                                                              Index j) {
    if constexpr (count == 1) {
      return term.template at<N>(i, j);
    } else {
      return pairwise<count / 2, N>(term, i, j) + pairwise<count / 2, N>(term, i + count / 2, j);
    }
  }
};

/// Running sums of at most `columns_at_once` columns.
template <class Scalar>
class ColumnSums {
 public:
  explicit ColumnSums(Index columns) : columns_(columns) {
    std::fill_n(sums_.begin(), columns, Wide<Scalar>{0});
    if constexpr (simd::is_corrected<Scalar>) std::fill_n(errors_.begin(), columns, Wide<Scalar>{0});
  }

  /// Adds rows [0, rows) of a term.
  template <class Term>
  void add_rows(const Term& term, Index rows) {
    simd::dispatch<AddRows>(term, rows, columns_, sums_.data(), errors_.data());
  }
  /// Adds a number to column j.
  void add(Index j, Wide<Scalar> x) {
    if constexpr (simd::is_corrected<Scalar>)
      simd::add_corrected(sums_[j], errors_[j], x);
    else
      sums_[j] += x;
  }

  /// Returns the sum of column j.
  Wide<Scalar> operator[](Index j) const {
    const Wide<Scalar> sum = sums_[j];
    // the error of an infinite sum is NaN
    if constexpr (simd::is_corrected<Scalar>) return sum + (std::isfinite(sum) ? errors_[j] : 0);
    return sum;
  }

 private:
  Index columns_;
  IndexedArray<Wide<Scalar>, columns_at_once> sums_;
  IndexedArray<Wide<Scalar>, columns_at_once> errors_;  // used only if sums of Scalar are corrected
};

/// Returns the sum of column j, with each term added in the wider type.
template <class Term>
Wide<typename Term::Scalar> sum_column_in_wide(const Term& term, Index rows, Index j) {
  Wide<typename Term::Scalar> sum = 0;
  for (Index i = 0; i < rows; ++i)
    sum += static_cast<Wide<typename Term::Scalar>>(term.template at<1>(i, j).v);
  return sum;
}

/// A term that starts at row `row` and column `first` of another.
template <class Term>
struct Shifted {
  using Scalar = typename Term::Scalar;
  Term term;
  Index row, first;

  template <int N>
  [[gnu::always_inline]] simd::Pack<Scalar, N> at(Index i, Index j) const {
    return term.template at<N>(row + i, first + j);
  }
};

/// Calls `store(j, sums...)` for each column j with the sums of the terms over the rows. A sum of floats
/// overflows only if a term does, not because a partial sum exceeds the largest float.
template <class Store, class... Terms>
void sum_columns(Index rows, Index columns, const Store& store, const Terms&... terms) {
  using Scalar = std::common_type_t<typename Terms::Scalar...>;
  // Alternates between the terms after a few rows, so that operands they share are still in cache.
  const Index rows_at_once = sizeof...(Terms) == 1 ? std::max<Index>(rows, 1) : 64;
  const auto sum_range = [&]<std::size_t... I>(std::index_sequence<I...>, Index first, Index count) {
    std::array sums{(static_cast<void>(I), ColumnSums<Scalar>(count))...};
    for (Index row = 0; row < rows; row += rows_at_once) {
      (sums[I].add_rows(Shifted<Terms>{terms, row, first}, std::min(rows_at_once, rows - row)), ...);
    }
    const auto total = [&](const ColumnSums<Scalar>& columns_of, const auto& term, Index j) {
      const Wide<Scalar> sum = columns_of[j];
      if (simd::is_corrected<Scalar> || std::isfinite(sum)) return sum;
      return sum_column_in_wide(term, rows, first + j);
    };
    for (Index j = 0; j < count; ++j) store(first + j, total(sums[I], terms, j)...);
  };
  for (Index first = 0; first < columns; first += columns_at_once) {
    sum_range(std::index_sequence_for<Terms...>{}, first, std::min(columns_at_once, columns - first));
  }
}

/// The elements of a matrix whose rows start `stride` elements apart.
template <class S>
struct MatrixTerm {
  using Scalar = S;
  const Scalar* x;
  Index stride;

  template <int N>
  [[gnu::always_inline]] simd::Pack<Scalar, N> at(Index i, Index j) const {
    return simd::load<Scalar, N>(x + i * stride + j);
  }
};

}  // namespace gradus::ops::detail
