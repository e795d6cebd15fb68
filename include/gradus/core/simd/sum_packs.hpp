// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>

#include <gradus/core/index.hpp>
#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/pack.hpp>

namespace gradus::simd::detail {

/// The number of lanes; independent of the register width, so that the order is the same everywhere.
template <class S>
inline constexpr int sum_lanes = 64 / static_cast<int>(sizeof(S));

/// The number of terms per lane that are added in their own type.
inline constexpr int terms_per_partial_sum = 16;

/// Returns the sum of the elements of f(0), f(N), ..., where f returns packs and `size` is a multiple of N.
/// Adds up to terms_per_partial_sum terms of a lane in their own type and the partial sums in double, so that
/// the error does not grow with the number of elements.
template <int N, class S, class F>
[[gnu::always_inline]] inline double sum_packs(Index size, const F& f) {
  constexpr int lanes = sum_lanes<S>, block = terms_per_partial_sum * lanes;
  // Each term is divided by terms_per_partial_sum, so that a partial sum cannot overflow.
  const auto share = broadcast<S, N>(S{1} / terms_per_partial_sum);
  double totals[lanes] = {};
  for (Index begin = 0; begin < size; begin += block) {
    const Index end = std::min<Index>(size, begin + block);
    for (int lane = 0; lane < lanes; lane += N) {
      Pack<S, N> partial = broadcast<S, N>(0);
      for (Index i = begin + lane; i < end; i += lanes) partial = multiply_add(f(i), share, partial);
      store(totals + lane, load<double, N>(totals + lane) + convert<double>(partial));
    }
  }
  double total = 0;
  for (const double x : totals) total += x;
  return terms_per_partial_sum * total;
}

}  // namespace gradus::simd::detail
