// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <concepts>

#include <gradus/core/eigen.hpp>
#include <gradus/core/simd/pack.hpp>
#include <gradus/core/simd/sum_map.hpp>
#include <gradus/core/simd/wide_sum.hpp>

/// Sums of numbers whose error does not grow with their length: see simd::sum_map. Every reduction of the
/// library uses these or the sums of columns and axes beside this header.
namespace gradus::ops::detail {

using simd::Wide;

// x
struct Same {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return x;
  }
};

/// The sum of f(x) over `count` contiguous numbers x; f is as in simd::sum_map.
template <class F, class S>
auto sum_map(const F& f, const S* x, Index count) {
  constexpr Index few = 16;  // are added faster without packs
  if (count > few) return simd::sum_map(f, count, x);
  Wide<simd::MapResult<F, S>> total = 0;
  for (Index i = 0; i < count; ++i) total += static_cast<decltype(total)>(f(simd::Pack<S, 1>{x[i]}).v);
  return total;
}

/// The sum of `count` contiguous numbers.
template <class Scalar>
Wide<Scalar> sum(const Scalar* x, Index count) {
  return sum_map(Same{}, x, count);
}

/// The sum of numbers that are added one by one.
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

/// The sum of term(0), ..., term(count - 1).
template <class Scalar, class Term>
Wide<Scalar> sum_terms(Index count, const Term& term) {
  Sum<Scalar> sum;
  for (Index i = 0; i < count; ++i) sum.add(term(i));
  return sum.total();
}

}  // namespace gradus::ops::detail
