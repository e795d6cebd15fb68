#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include <gradus/core/eigen.hpp>
#include <gradus/ops/detail/sum.hpp>

/// Sums over the rows of a matrix, as accurate as those in sum.hpp and as independent of everything but
/// sizes.
namespace gradus::ops::detail {

/// Columns whose sums are kept at once: 8 KB of double, so that they stay in the first cache.
inline constexpr Index columns_at_once = 1024;

/// Running sums of up to `columns_at_once` columns.
template <class Scalar>
class ColumnSums {
 public:
  explicit ColumnSums(Index columns) : columns_(columns) {
    std::fill_n(sums_.begin(), columns, Wide<Scalar>{0});
    if constexpr (is_corrected<Scalar>) std::fill_n(errors_.begin(), columns, Wide<Scalar>{0});
  }

  /// Adds rows that begin `stride` apart to the columns.
  void add_rows(const Scalar* x, Index rows, Index stride) {
    for (; rows >= block_rows; x += block_rows * stride, rows -= block_rows) add_block<block_rows>(x, stride);
    for (; rows > 0; x += stride, --rows) add_block<1>(x, stride);
  }
  /// Adds `term(i, j)` for each of the rows i to each column j.
  template <class Term>
  void add_terms(Index rows, const Term& term) {
    Index i = 0;
    for (; i + block_rows <= rows; i += block_rows) add_block_of_terms<block_rows>(i, term);
    for (; i < rows; ++i) add_block_of_terms<1>(i, term);
  }
  /// Adds a number to column j.
  void add(Index j, Wide<Scalar> x) {
    if constexpr (is_corrected<Scalar>)
      add_corrected(sums_[at(j)], errors_[at(j)], x);
    else
      sums_[at(j)] += x;
  }

  /// The sum of column j.
  Wide<Scalar> operator[](Index j) const {
    if constexpr (is_corrected<Scalar>) return corrected(sums_[at(j)], errors_[at(j)]);
    return sums_[at(j)];
  }

 private:
  static constexpr Index block_rows = 8;
  static constexpr Index lanes = 32;

  static constexpr std::size_t at(Index i) { return static_cast<std::size_t>(i); }

  template <Index rows>
  void add_block(const Scalar* x, Index stride) {
    Index j = 0;
    for (; j + lanes <= columns_; j += lanes) add_lanes<rows>(j, x + j, stride);
    for (; j < columns_; ++j) add(j, static_cast<Wide<Scalar>>(pairwise<rows>(x + j, stride)));
  }

  template <Index rows, class Term>
  void add_block_of_terms(Index first, const Term& term) {
    std::array<Scalar, at(rows * lanes)> terms;
    Index j = 0;
    for (; j + lanes <= columns_; j += lanes) {
      for (Index i = 0; i < rows; ++i) {
        for (Index k = 0; k < lanes; ++k) terms[at(i * lanes + k)] = term(first + i, j + k);
      }
      add_lanes<rows>(j, terms.data(), lanes);
    }
    for (; j < columns_; ++j) {
      for (Index i = 0; i < rows; ++i) terms[at(i)] = term(first + i, j);
      add(j, static_cast<Wide<Scalar>>(pairwise<rows>(terms.data(), 1)));
    }
  }

  // The fixed number of lanes and the local array let compilers vectorise both loops without looking further.
  template <Index rows>
  void add_lanes(Index column, const Scalar* x, Index stride) {
    std::array<Scalar, at(lanes)> block;
    for (Index k = 0; k < lanes; ++k) block[at(k)] = pairwise<rows>(x + k, stride);
    for (Index k = 0; k < lanes; ++k) add(column + k, static_cast<Wide<Scalar>>(block[at(k)]));
  }

  Index columns_;
  std::array<Wide<Scalar>, at(columns_at_once)> sums_;
  std::array<Wide<Scalar>, at(is_corrected<Scalar> ? columns_at_once : 1)> errors_;
};

/// For each column j of x `[rows, columns]`, calls `store(j, sum)` with the sum of the column.
template <class Scalar, class Store>
void sum_columns(const Scalar* x, Index rows, Index columns, const Store& store) {
  for (Index first = 0; first < columns; first += columns_at_once) {
    const Index count = std::min(columns_at_once, columns - first);
    ColumnSums<Scalar> sums(count);
    sums.add_rows(x + first, rows, columns);
    for (Index j = 0; j < count; ++j) store(first + j, sums[j]);
  }
}

/// For each column j, calls `store(j, sums...)` with the sum over the rows i of each `term(i, j)`.
template <class Scalar, class Store, class... Terms>
void sum_column_terms(Index rows, Index columns, const Store& store, const Terms&... terms) {
  constexpr Index rows_at_once = 64;  // then comes the next term, whose operands are still in the cache
  const auto sum_range = [&](Index first, Index count, auto&&... sums) {
    for (Index row = 0; row < rows; row += rows_at_once) {
      const auto add = [&](auto& to, const auto& term) {
        to.add_terms(std::min(rows_at_once, rows - row),
                     [&](Index i, Index j) { return term(row + i, first + j); });
      };
      (add(sums, terms), ...);
    }
    for (Index j = 0; j < count; ++j) store(first + j, sums[j]...);
  };
  for (Index first = 0; first < columns; first += columns_at_once) {
    const Index count = std::min(columns_at_once, columns - first);
    sum_range(first, count, (static_cast<void>(terms), ColumnSums<Scalar>(count))...);
  }
}

}  // namespace gradus::ops::detail
