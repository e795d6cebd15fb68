// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <type_traits>

#include <gradus/core/simd/pack.hpp>

namespace gradus::simd {

namespace detail {

#if defined(__clang__) && defined(__x86_64__)
/// Returns square roots, computed 16 bytes at a time; parts of a wider pack use the AVX instruction.
///
/// With `-fsanitize=undefined`, clang 14 also compiles an always-inline function on its own, with the
/// translation unit's flags. Operands must therefore fit in registers that every x86-64 processor has.
template <bool is_part, class S, int N>
[[gnu::always_inline]] inline Pack<S, N> sqrt_by_instruction(const Pack<S, N>& x) {
  constexpr bool is_float = std::is_same_v<S, float>;
  Pack<S, N> y;
  if constexpr (sizeof(x.v) > 16) {
    const Halves<S, N> half = halves(x);
    const Halves<S, N> root{sqrt_by_instruction<true>(half.low), sqrt_by_instruction<true>(half.high)};
    y = __builtin_bit_cast(Pack<S, N>, root);
  } else if constexpr (is_part && is_float) {
    __asm__("vsqrtps %1, %0" : "=x"(y.v) : "x"(x.v));
  } else if constexpr (is_part) {
    __asm__("vsqrtpd %1, %0" : "=x"(y.v) : "x"(x.v));
  } else if constexpr (is_float) {
    __asm__("sqrtps %1, %0" : "=x"(y.v) : "x"(x.v));
  } else {
    __asm__("sqrtpd %1, %0" : "=x"(y.v) : "x"(x.v));
  }
  return y;
}
#elif defined(__GNUC__) && defined(__x86_64__)
/// Returns square roots with the instruction for the pack's width. gcc's vector extensions lack it, and a
/// loop over std::sqrt vectorises only with -fno-math-errno.
///
/// Operands are registers, so the compiler rejects packs wider than those of the kernel's instruction set.
template <bool, class S, int N>
[[gnu::always_inline]] inline Pack<S, N> sqrt_by_instruction(const Pack<S, N>& x) {
  constexpr bool is_float = std::is_same_v<S, float>;
  Pack<S, N> y;
  if constexpr (sizeof(x.v) > 16 && is_float) {
    __asm__("vsqrtps %1, %0" : "=v"(y.v) : "v"(x.v));
  } else if constexpr (sizeof(x.v) > 16) {
    __asm__("vsqrtpd %1, %0" : "=v"(y.v) : "v"(x.v));
  } else if constexpr (is_float) {
    __asm__("sqrtps %1, %0" : "=x"(y.v) : "x"(x.v));
  } else {
    __asm__("sqrtpd %1, %0" : "=x"(y.v) : "x"(x.v));
  }
  return y;
}
#endif

}  // namespace detail

/// Returns the square root, correctly rounded; NaN for negative numbers. N must not exceed the lanes of the
/// kernel's instruction set.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> sqrt(const Pack<S, N>& x) {
  if constexpr (N == 1) {
    return {std::sqrt(x.v)};
  } else {
#if defined(__GNUC__) && defined(__x86_64__)
    if constexpr (sizeof(x.v) >= 16) return detail::sqrt_by_instruction<false>(x);
#endif
    Pack<S, N> y{};
    for (int i = 0; i < N; ++i) y.v[i] = std::sqrt(x.v[i]);
    return y;
  }
}

}  // namespace gradus::simd
