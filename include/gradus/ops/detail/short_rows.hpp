#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include <gradus/core/eigen.hpp>
#include <gradus/ops/detail/packet.hpp>
#include <gradus/ops/detail/rows.hpp>
#include <gradus/ops/detail/shifted_exp.hpp>

namespace gradus::ops::detail {

/// The parts of a softmax over rows that need not fill packets, some rows at a time: each row is padded with
/// minus infinity, whose exponential is 0, to whole packets. Sums are the same wherever a row stands.
template <class Scalar>
class ShortRows {
 public:
  /// Columns beyond which a row is better taken by itself.
  static constexpr Index longest = 1024;

  /// How many rows of so many columns are taken at once.
  static constexpr Index rows_at_once(Index columns) {
    return std::clamp<Index>(capacity / std::max(padded(columns), Index{1}), 1, most_rows);
  }

  /// x: [rows, columns], columns in [1, longest], rows at most rows_at_once(columns). Behind x, `readable`
  /// elements and more may be read, those of x among them.
  void compute(const Scalar* x, Index rows, Index columns, Index readable) {
    stride_ = padded(columns);
    for (Index i = 0; i < rows; ++i) shift_row(x + i * columns, columns, readable - i * columns, i);
    auto exponentials = map(exp_, rows * stride_);
    exponentials = exponentials.exp();
    for (Index i = 0; i < rows; ++i) {
      // infinities are rare: a maximum that is one has made NaN of its row, which is done again
      if (std::isinf(highest_[at(i)])) {
        highest_[at(i)] = shifted_exp<Scalar>(ConstRowMap<Scalar>(x + i * columns, columns),
                                              RowMap<Scalar>(exp_.data() + i * stride_, columns));
        std::fill_n(exp_.data() + i * stride_ + columns, stride_ - columns, Scalar{0});
      }
      sum_[at(i)] = sum_of(exp(i), columns);
      if (std::isnan(sum_[at(i)])) highest_[at(i)] = sum_[at(i)];
    }
    std::fill(sum_.begin() + rows, sum_.begin() + padded(rows), Scalar{1});
    map(log_sum_, padded(rows)) = map(sum_, padded(rows)).log();
  }

  /// exp(x - highest) of a row.
  const Scalar* exp(Index row) const { return exp_.data() + row * stride_; }
  Scalar highest(Index row) const { return highest_[at(row)]; }  ///< NaN if there is one in the row
  Scalar sum(Index row) const { return sum_[at(row)]; }
  Scalar log_sum(Index row) const { return log_sum_[at(row)]; }

 private:
  static constexpr Index size = packet_size<Scalar>;
  static constexpr Index capacity =
      Index{16 * 1024} / static_cast<Index>(sizeof(Scalar));  // of 64 KB of stack
  static_assert(capacity >= longest);
  static constexpr Index most_rows = 128;
  static constexpr Index most_in_order = 16;
  static_assert(most_rows % size == 0);

  static constexpr std::size_t at(Index i) { return static_cast<std::size_t>(i); }
  static constexpr Index padded(Index count) { return (count + size - 1) / size * size; }

  /// Whole packets: no element is left to a loop without them.
  template <std::size_t length>
  static auto map(std::array<Scalar, length>& numbers, Index count) {
    return Eigen::Map<Eigen::Array<Scalar, Eigen::Dynamic, 1>, Eigen::AlignedMax>(numbers.data(), count);
  }

  /// Writes x - max(x) and the padding.
  void shift_row(const Scalar* x, Index columns, Index readable, Index row) {
    const Index whole = columns - columns % size, rest = columns - whole;
    const bool is_readable = whole + size <= readable;
    const Packet<Scalar> last =
        rest == 0 ? load(x) : pad(is_readable ? load(x + whole) : load_first(x + whole, rest), rest);
    Packet<Scalar> highest = last;
    for (Index k = 0; k < whole; k += size) highest = detail::max(highest, load(x + k));
    highest_[at(row)] = detail::max(highest);
    const Packet<Scalar> shift = broadcast(highest_[at(row)]);
    Scalar* const to = exp_.data() + row * stride_;
    for (Index k = 0; k < whole; k += size) store(to + k, subtract(load(x + k), shift));
    if (rest > 0) store(to + whole, subtract(last, shift));
  }

  /// Of a few numbers in their order, on every machine the same; of more by packets, the padding with them.
  Scalar sum_of(const Scalar* x, Index columns) const {
    if (columns <= most_in_order) {
      Scalar total = 0;
      for (Index k = 0; k < columns; ++k) total += x[k];
      return total;
    }
    Packet<Scalar> total = load(x);
    for (Index k = size; k < stride_; k += size) total = add(total, load(x + k));
    return detail::sum(total);
  }

  /// The first lanes, 0 < lanes < packet size, of a packet, and minus infinity behind them.
  static Packet<Scalar> pad(const Packet<Scalar>& x, Index lanes) {
    const Packet<Scalar> padding = broadcast(-std::numeric_limits<Scalar>::infinity());
    return either(keep_first<Scalar>(x, lanes), keep_last<Scalar>(padding, size - lanes));
  }

  Index stride_ = 0;
  alignas(64) std::array<Scalar, at(capacity)> exp_;
  alignas(64) std::array<Scalar, at(most_rows)> sum_;
  alignas(64) std::array<Scalar, at(most_rows)> log_sum_;
  std::array<Scalar, at(most_rows)> highest_;
};

}  // namespace gradus::ops::detail
