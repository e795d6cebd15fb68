#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <type_traits>

#include <gradus/core/eigen.hpp>

/// Sums whose error does not grow with their length. Every reduction of the library uses them.
///
/// Blocks of numbers are added pairwise in Scalar, in loops of a fixed width that compilers vectorise. The
/// sums of the blocks are added in double, or with a correction where Scalar is double already. The order of
/// the additions depends on the sizes alone, not on addresses, threads or the instruction set.
namespace gradus::ops::detail {

/// The type of a sum of Scalars: double for float, else Scalar itself.
template <class Scalar>
using Wide = std::conditional_t<std::is_same_v<Scalar, float>, double, Scalar>;

/// Whether sums of Scalars are corrected, because there is no wider type to add them in.
template <class Scalar>
inline constexpr bool is_corrected =
    std::conjunction_v<std::is_floating_point<Scalar>, std::is_same<Wide<Scalar>, Scalar>>;

/// Adds x to a sum, and what rounding drops to the error of the sum: Knuth's TwoSum.
template <class Scalar>
void add_corrected(Scalar& sum, Scalar& error, Scalar x) {
  const Scalar before = sum, after = before + x, added = after - before;
  error += (before - (after - added)) + (x - added);
  sum = after;
}

/// The corrected sum. The error of an infinite sum is NaN and is left out.
template <class Scalar>
Scalar corrected(Scalar sum, Scalar error) {
  return sum + (std::isfinite(sum) ? error : Scalar{0});
}

/// The sum, added pairwise, of `count` numbers that are `stride` apart; `count` is a power of 2.
template <Index count, class Scalar>
Scalar pairwise(const Scalar* x, Index stride) {
  if constexpr (count == 1) {
    return *x;
  } else {
    return pairwise<count / 2>(x, stride) + pairwise<count / 2>(x + count / 2 * stride, stride);
  }
}

/// The sum of a sequence that arrives in pieces.
template <class Scalar>
class Sum {
 public:
  /// Adds one number.
  void add(Wide<Scalar> x) {
    if constexpr (is_corrected<Scalar>)
      add_corrected(sum_, error_, x);
    else
      sum_ += x;
  }
  /// Adds x[0], ..., x[count - 1].
  void add(const Scalar* x, Index count) {
    for (; count >= block_size; x += block_size, count -= block_size) add(block<block_size>(x));
    for (; count >= 2 * lanes; x += 2 * lanes, count -= 2 * lanes) add(block<2 * lanes>(x));
    for (; count > 0; ++x, --count) add(static_cast<Wide<Scalar>>(*x));
  }
  /// Adds term(0), ..., term(count - 1).
  template <class Term>
  void add_terms(Index count, const Term& term) {
    std::array<Scalar, static_cast<std::size_t>(block_size)> terms;
    Index first = 0;
    for (; first + block_size <= count; first += block_size) {
      for (Index k = 0; k < block_size; ++k) terms[static_cast<std::size_t>(k)] = term(first + k);
      add(block<block_size>(terms.data()));
    }
    for (Index k = 0; k < count - first; ++k) terms[static_cast<std::size_t>(k)] = term(first + k);
    add(terms.data(), count - first);
  }

  Wide<Scalar> total() const {
    if constexpr (is_corrected<Scalar>) return corrected(sum_, error_);
    return sum_;
  }

 private:
  static constexpr Index lanes = 16;
  static constexpr Index block_size = 16 * lanes;

  // The numbers of a lane are `lanes` apart, so that one instruction adds those of several lanes.
  template <Index size>
  static Wide<Scalar> block(const Scalar* x) {
    std::array<Scalar, static_cast<std::size_t>(lanes)> sums;
    for (Index k = 0; k < lanes; ++k)
      sums[static_cast<std::size_t>(k)] = pairwise<size / lanes>(x + k, lanes);
    std::array<Wide<Scalar>, static_cast<std::size_t>(lanes / 2)> halves;
    for (std::size_t k = 0; k < halves.size(); ++k)
      halves[k] = static_cast<Wide<Scalar>>(sums[k] + sums[k + halves.size()]);
    return pairwise<lanes / 2>(halves.data(), 1);
  }

  Wide<Scalar> sum_ = 0;
  Wide<Scalar> error_ = 0;
};

/// The sum of `count` contiguous numbers.
template <class Scalar>
Wide<Scalar> sum(const Scalar* x, Index count) {
  Sum<Scalar> sum;
  sum.add(x, count);
  return sum.total();
}

/// The sum of term(0), ..., term(count - 1).
template <class Scalar, class Term>
Wide<Scalar> sum_terms(Index count, const Term& term) {
  Sum<Scalar> sum;
  sum.add_terms(count, term);
  return sum.total();
}

}  // namespace gradus::ops::detail
