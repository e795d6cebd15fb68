#pragma once

#include <cmath>
#include <type_traits>

#include <gradus/core/simd/pack.hpp>

namespace gradus::simd {

namespace detail {

#if defined(__GNUC__) && defined(__x86_64__)
/// Square roots by the instruction for the pack's width. The vector extensions of gcc and older versions of
/// clang lack it, and a loop over std::sqrt becomes vector code only with -fno-math-errno.
///
/// Operands are registers, so the compiler refuses a pack wider than those of the kernel's instruction set.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> sqrt_by_instruction(const Pack<S, N>& x) {
  constexpr bool is_float = std::is_same_v<S, float>;
  Pack<S, N> y;
#if defined(__clang__)
  // Before inlining, clang checks "v" against the flags of the translation unit; "X" is a vector register
  // too.
  if constexpr (sizeof(x.v) > 16 && is_float) {
    __asm__("vsqrtps %1, %0" : "=X"(y.v) : "X"(x.v));
  } else if constexpr (sizeof(x.v) > 16) {
    __asm__("vsqrtpd %1, %0" : "=X"(y.v) : "X"(x.v));
  } else if constexpr (is_float) {
    __asm__("sqrtps %1, %0" : "=x"(y.v) : "x"(x.v));
  } else {
    __asm__("sqrtpd %1, %0" : "=x"(y.v) : "x"(x.v));
  }
#else
  if constexpr (sizeof(x.v) > 16 && is_float) {
    __asm__("vsqrtps %1, %0" : "=v"(y.v) : "v"(x.v));
  } else if constexpr (sizeof(x.v) > 16) {
    __asm__("vsqrtpd %1, %0" : "=v"(y.v) : "v"(x.v));
  } else if constexpr (is_float) {
    __asm__("sqrtps %1, %0" : "=x"(y.v) : "x"(x.v));
  } else {
    __asm__("sqrtpd %1, %0" : "=x"(y.v) : "x"(x.v));
  }
#endif
  return y;
}
#endif

}  // namespace detail

/// The square root, correctly rounded; NaN of negative numbers. N must not be more than the lanes of the
/// kernel's instruction set.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> sqrt(const Pack<S, N>& x) {
  if constexpr (N == 1) {
    return {std::sqrt(x.v)};
  } else {
#if defined(__GNUC__) && defined(__x86_64__)
    if constexpr (sizeof(x.v) >= 16) return detail::sqrt_by_instruction(x);
#endif
    Pack<S, N> y{};
    for (int i = 0; i < N; ++i) y.v[i] = std::sqrt(x.v[i]);
    return y;
  }
}

}  // namespace gradus::simd
