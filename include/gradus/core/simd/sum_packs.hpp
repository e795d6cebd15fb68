#pragma once

#include <algorithm>

#include <gradus/core/eigen.hpp>
#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/pack.hpp>

namespace gradus::simd::detail {

inline constexpr int packs_per_partial_sum = 16;

/// Adds f(0), f(N), ..., where f returns packs and `size` is a multiple of N. Up to packs_per_partial_sum
/// packs are added in their own type, and those sums in double, so that the error does not grow with the
/// number of elements.
template <int N, class S, class F>
[[gnu::always_inline]] inline Pack<double, N> sum_packs(Index size, const F& f) {
  // Terms are divided by their number so that a partial sum does not overflow.
  const auto share = broadcast<S, N>(S{1} / packs_per_partial_sum);
  Pack<double, N> total = broadcast<double, N>(0);
  for (Index i = 0; i < size;) {
    const Index end = std::min<Index>(size, i + packs_per_partial_sum * N);
    Pack<S, N> partial = broadcast<S, N>(0);
    for (; i < end; i += N) partial = multiply_add(f(i), share, partial);
    total += convert<double>(partial);
  }
  return packs_per_partial_sum * total;
}

}  // namespace gradus::simd::detail
