// SPDX-License-Identifier: MIT

#pragma once

#include <type_traits>

#include <gradus/core/simd/pack.hpp>

/// Additions whose rounding errors do not accumulate: floats are added in double, doubles with a correction.
namespace gradus::simd {

/// The type of a sum of terms of type T: double for float, otherwise T itself.
template <class T>
using Wide = std::conditional_t<std::is_same_v<T, float>, double, T>;

/// Whether sums of terms of type T are corrected, because there is no wider type to add them in.
template <class T>
inline constexpr bool is_corrected = std::conjunction_v<std::is_floating_point<T>, std::is_same<Wide<T>, T>>;

/// Adds x, a number or a pack, to `sum` and the rounding error of that addition to `error` (Knuth's TwoSum).
template <class X>
[[gnu::always_inline]] inline void add_corrected(X& sum, X& error, const X& x) {
  const X before = sum, after = before + x, added = after - before;
  error = error + ((before - (after - added)) + (x - added));
  sum = after;
}

/// Adds a pack to N sums in memory. `errors` is used only if sums of T are corrected.
template <class Isa, class T, int N>
[[gnu::always_inline]] inline void add_wide(const Pack<T, N>& x, Wide<T>* sums,
                                            [[maybe_unused]] Wide<T>* errors) {
  if constexpr (N > Isa::template lanes<Wide<T>> && N > 1) {
    const detail::Halves<T, N> half = detail::halves(x);
    add_wide<Isa>(half.low, sums, errors);
    add_wide<Isa>(half.high, sums + N / 2, errors + (is_corrected<T> ? N / 2 : 0));
  } else {
    Pack<Wide<T>, N> sum = load<Wide<T>, N>(sums);
    if constexpr (is_corrected<T>) {
      Pack<T, N> error = load<T, N>(errors);
      add_corrected(sum, error, x);
      store(errors, error);
    } else {
      sum = sum + convert<Wide<T>>(x);
    }
    store(sums, sum);
  }
}

}  // namespace gradus::simd
