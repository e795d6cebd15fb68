#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include <gradus/core/eigen.hpp>
#include <gradus/ops/detail/rows.hpp>
#include <gradus/ops/detail/shifted_exp.hpp>

namespace gradus::ops::detail {

/// The parts of a softmax over rows too short to fill packets, some rows at a time: ten classes take the
/// exponential of a hundred rows in one sweep. Sums are the same wherever a row stands.
template <class Scalar>
class ShortRows {
 public:
  /// Columns beyond which a row fills packets by itself.
  static constexpr Index longest = 64;

  /// How many rows of so many columns are taken at once.
  static constexpr Index rows_at_once(Index columns) {
    return std::clamp<Index>(capacity / std::max<Index>(columns, 1), 1, most_rows);
  }

  /// x: [rows, columns], columns in [1, longest], rows at most rows_at_once(columns).
  void compute(const Scalar* x, Index rows, Index columns) {
    for (Index i = 0; i < rows; ++i) {
      const Scalar* const row = x + i * columns;
      Scalar highest = row[0];
      for (Index j = 1; j < columns; ++j) highest = highest < row[j] ? row[j] : highest;
      for (Index j = 0; j < columns; ++j) exp_[at(i * columns + j)] = row[j] - highest;
      highest_[at(i)] = highest;
    }
    auto exponentials = padded(exp_, rows * columns);
    exponentials = exponentials.exp();
    for (Index i = 0; i < rows; ++i) {
      // infinities are rare: a maximum that is one has made NaN of its row, which is done again
      if (std::isinf(highest_[at(i)]))
        highest_[at(i)] = shifted_exp<Scalar>(ConstRowMap<Scalar>(x + i * columns, columns),
                                              RowMap<Scalar>(exp_.data() + i * columns, columns));
      Scalar sum = 0;
      for (Index j = 0; j < columns; ++j) sum += exp_[at(i * columns + j)];
      sum_[at(i)] = sum;
      if (std::isnan(sum)) highest_[at(i)] = sum;
    }
    padded(log_sum_, rows) = padded(sum_, rows).log();
  }

  /// exp(x - highest) of a row.
  const Scalar* exp(Index row, Index columns) const { return exp_.data() + row * columns; }
  Scalar highest(Index row) const { return highest_[at(row)]; }  ///< NaN if there is one in the row
  Scalar sum(Index row) const { return sum_[at(row)]; }
  Scalar log_sum(Index row) const { return log_sum_[at(row)]; }

 private:
  static constexpr Index capacity = 1024;
  static constexpr Index most_rows = 128;
  static constexpr Index padding =
      64 / Index{sizeof(Scalar)};  // no element is left to a loop without packets

  static constexpr std::size_t at(Index i) { return static_cast<std::size_t>(i); }

  /// The numbers used and, up to a whole number of packets, others that are harmless.
  template <std::size_t size>
  static auto padded(std::array<Scalar, size>& numbers, Index used) {
    const Index whole = (used + padding - 1) / padding * padding;
    std::fill(numbers.begin() + used, numbers.begin() + whole, Scalar{1});
    return Eigen::Map<Eigen::Array<Scalar, Eigen::Dynamic, 1>, Eigen::AlignedMax>(numbers.data(), whole);
  }

  alignas(64) std::array<Scalar, capacity> exp_;
  alignas(64) std::array<Scalar, most_rows> sum_;
  alignas(64) std::array<Scalar, most_rows> log_sum_;
  std::array<Scalar, most_rows> highest_;
};

}  // namespace gradus::ops::detail
