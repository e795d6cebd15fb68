// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <concepts>

#include <gradus/core/index.hpp>
#include <gradus/core/simd/pack.hpp>
#include <gradus/core/simd/sum_map.hpp>
#include <gradus/core/simd/wide_sum.hpp>

/// Sums whose error does not grow with the number of terms: see simd::sum_map. Every reduction of the library
/// uses these or the column and axis sums in the neighbouring headers.
namespace gradus::ops::detail {

using simd::Wide;

// x
struct Same {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return x;
  }
};

/// Returns the sum of f(x) over `count` contiguous elements x; f is as in simd::sum_map.
template <class F, class S>
auto sum_map(const F& f, const S* x, Index count) {
  constexpr Index few = 16;  // faster without packs
  if (count > few) return simd::sum_map(f, count, x);
  Wide<simd::MapResult<F, S>> total = 0;
  for (Index i = 0; i < count; ++i) total += static_cast<decltype(total)>(f(simd::Pack<S, 1>{x[i]}).v);
  return total;
}

/// Returns the sum of `count` contiguous elements.
template <class Scalar>
Wide<Scalar> sum(const Scalar* x, Index count) {
  return sum_map(Same{}, x, count);
}

/// A sum to which numbers are added one by one.
template <std::floating_point Scalar>
class Sum {
 public:
  void add(Wide<Scalar> x) {
    if constexpr (simd::is_corrected<Scalar>)
      simd::add_corrected(sum_, error_, x);
    else
      sum_ += x;
  }
  Wide<Scalar> total() const { return std::isfinite(sum_) ? sum_ + error_ : sum_; }

 private:
  Wide<Scalar> sum_ = 0;
  Wide<Scalar> error_ = 0;
};

/// Returns the sum of term(0), ..., term(count - 1).
template <class Scalar, class Term>
Wide<Scalar> sum_terms(Index count, const Term& term) {
  Sum<Scalar> sum;
  for (Index i = 0; i < count; ++i) sum.add(term(i));
  return sum.total();
}

}  // namespace gradus::ops::detail
