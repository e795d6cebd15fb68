// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>

#include <gradus/core/index.hpp>
#include <gradus/core/simd/dispatch.hpp>
#include <gradus/core/simd/log.hpp>
#include <gradus/core/simd/map.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/detail/softmax_kernels.hpp>

namespace gradus::ops::detail {

/// The intermediate results of the softmax of one row.
template <class Scalar>
struct SoftmaxRow {
  const Scalar* exp;  ///< exp(x - highest)
  Scalar highest;     ///< maximum of x; NaN if x contains one
  Scalar sum;         ///< sum of exp
  Scalar log_sum;
};

/// The softmax of the rows of x `[N, C]`, computed in ascending order. Rows of at most `longest` columns are
/// computed several at a time in a buffer of this object, padded to full packs. Results do not depend on a
/// row's position.
template <class Scalar>
class SoftmaxRows {
 public:
  explicit SoftmaxRows(const Scalar* x, Index rows, Index columns)
      : x_(x), rows_(rows), columns_(columns), stride_((columns + alignment - 1) / alignment * alignment) {}

  /// Returns row i. Rows must be requested in ascending order. The exponentials of a row longer than
  /// `longest` are written to `to`, which may be row i of x; if `to` is null, they are not stored.
  SoftmaxRow<Scalar> row(Index i, Scalar* to) {
    if (columns_ > longest) return long_row(x_ + i * columns_, to);
    if (i >= end_) compute(i);
    const Index k = i - begin_;
    return {exp_.data() + k * stride_, highest_[k], sum_[k], log_sum_[k]};
  }

 private:
  static constexpr Index longest = 1024;
  static constexpr Index alignment = 64 / static_cast<Index>(sizeof(Scalar));
  static constexpr Index capacity =
      Index{16 * 1024} / static_cast<Index>(sizeof(Scalar));  // part of the 64 KB of stack of a pass
  static_assert(capacity >= longest);
  static constexpr Index most_rows = 128;

  struct Log {
    template <class P>
    [[gnu::always_inline]] P operator()(const P& x) const {
      return log(x);
    }
  };

  SoftmaxRow<Scalar> long_row(const Scalar* x, Scalar* to) {
    Scalar highest, sum, log_sum;
    simd::dispatch<ExpOfLongRow>(x, columns_, to, &highest, &sum);
    simd::map(Log{}, 1, &log_sum, static_cast<const Scalar*>(&sum));
    return {to, std::isnan(sum) ? sum : highest, sum, log_sum};
  }

  void compute(Index begin) {
    begin_ = begin;
    end_ = std::min(rows_, begin + std::clamp<Index>(capacity / stride_, 1, most_rows));
    const Index count = end_ - begin_;
    simd::dispatch<ExpOfShortRows>(x_ + begin_ * columns_, count, columns_, (rows_ - begin_) * columns_,
                                   stride_, exp_.data(), highest_.data(), sum_.data());
    for (Index k = 0; k < count; ++k) {
      if (std::isnan(sum_[k])) highest_[k] = sum_[k];
    }
    simd::map(Log{}, count, log_sum_.data(), static_cast<const Scalar*>(sum_.data()));
  }

  const Scalar* x_;
  Index rows_, columns_, stride_;
  Index begin_ = 0, end_ = 0;  // rows that are in the buffer
  alignas(64) IndexedArray<Scalar, capacity> exp_;
  IndexedArray<Scalar, most_rows> highest_, sum_, log_sum_;
};

}  // namespace gradus::ops::detail
