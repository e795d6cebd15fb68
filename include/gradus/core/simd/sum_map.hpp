#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <gradus/core/eigen.hpp>
#include <gradus/core/simd/dispatch.hpp>
#include <gradus/core/simd/map.hpp>
#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/pack.hpp>

/// Sums of functions of packs. Few packs at a time are added in their own type, and those sums in double, so
/// that the error does not grow with the number of elements.
namespace gradus::simd {

namespace detail {

inline constexpr int packs_per_partial_sum = 16;

/// Adds f(0), f(N), ..., where f returns packs and `size` is a multiple of N.
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

struct SumMap {
  template <class Isa, class F, class S, class... Inputs>
  [[gnu::always_inline]] static void run(F f, Index size, double* sum, const S* first,
                                         const Inputs*... others) {
    run<Isa::template lanes<S>>(f, size, sum, std::array{first, others...},
                                std::make_index_sequence<sizeof...(Inputs) + 1>{});
  }

  template <int N, class F, class S, std::size_t count, std::size_t... I>
  [[gnu::always_inline]] static void run(const F& f, Index size, double* sum, std::array<const S*, count> x,
                                         std::index_sequence<I...>) {
    // not a lambda, because [[gnu::always_inline]] cannot be applied to one in C++20
    struct Terms {
      const F& f;
      const std::array<const S*, count>& x;
      [[gnu::always_inline]] Pack<S, N> operator()(Index i) const { return f(load<S, N>(x[I] + i)...); }
    };
    const Index whole = size - size % N, rest = size - whole;
    *sum = simd::sum(sum_packs<N, S>(whole, Terms{f, x}));
    if (rest == 0) return;
    S buffer[count][N];
    (fill_buffer<N>(buffer[I], x[I] + whole, rest), ...);
    ((x[I] = buffer[I]), ...);
    S terms[N];
    store(terms, Terms{f, x}(0));
    for (Index i = 0; i < rest; ++i) *sum += static_cast<double>(terms[i]);
  }
};

}  // namespace detail

/// The sum of f(x_i, ...) over `size` elements of each array; f is as in map.
template <class F, class S, class... Inputs>
double sum_map(const F& f, Index size, const S* first, const Inputs*... others) {
  static_assert((std::is_same_v<S, Inputs> && ...));
  double sum = 0;
  dispatch<detail::SumMap>(f, size, &sum, first, others...);
  return sum;
}

}  // namespace gradus::simd
