// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/pack.hpp>

/// Reads and writes the signs and exponents of floating-point packs as bits.
namespace gradus::simd {

namespace detail {

template <class S>
using Unsigned = std::make_unsigned_t<Bits<S>>;

/// The layout of a number in IEEE 754.
template <class S>
inline constexpr int fraction_bits = std::numeric_limits<S>::digits - 1;
template <class S>
inline constexpr int exponent_bias = std::numeric_limits<S>::max_exponent - 1;
template <class S>
inline constexpr Unsigned<S> sign_bit = Unsigned<S>{1} << (sizeof(S) * 8 - 1);

template <class S, int N>
[[gnu::always_inline]] inline Pack<Unsigned<S>, N> to_unsigned(const Pack<S, N>& x) {
  return {__builtin_bit_cast(typename Pack<Unsigned<S>, N>::Vector, x.v)};
}
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> from_unsigned(const Pack<Unsigned<S>, N>& x) {
  return {__builtin_bit_cast(typename Pack<S, N>::Vector, x.v)};
}

/// 1.5 * 2^fraction_bits. Adding a small number rounds it to an integer, which the low bits of the sum hold.
template <class S>
inline constexpr S integer_shift = S{3} * static_cast<S>(std::uint64_t{1} << (fraction_bits<S> - 1));

/// integer_shift plus the exponent bias. Adding an integer n puts the exponent of 2^n into the low bits.
template <class S>
inline constexpr S biased_shift = integer_shift<S> + static_cast<S>(exponent_bias<S>);

/// Returns 2^n, given n + biased_shift. The integer n must be the exponent of a normal number.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> power_of_two(const Pack<S, N>& shifted) {
  return from_unsigned<S, N>(to_unsigned(shifted) << fraction_bits<S>);
}

}  // namespace detail

/// Returns |x|.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> abs(const Pack<S, N>& x) {
  const auto rest = broadcast<detail::Unsigned<S>, N>(~detail::sign_bit<S>);
  return detail::from_unsigned<S, N>(detail::to_unsigned(x) & rest);
}

/// Returns a non-negative magnitude with the sign of another number.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> copy_sign(const Pack<S, N>& magnitude, const Pack<S, N>& sign) {
  const auto bit = broadcast<detail::Unsigned<S>, N>(detail::sign_bit<S>);
  return detail::from_unsigned<S, N>(detail::to_unsigned(magnitude) | (detail::to_unsigned(sign) & bit));
}

/// Returns the sign of x as -1, 0 or 1; NaN stays NaN.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> sign(const Pack<S, N>& x) {
  return select(x > 0, S{1}, select(x < 0, S{-1}, x));
}

/// Returns x, or 0 where x is subnormal. Subnormal arithmetic is a hundred times slower on many processors,
/// so kernels with naturally tiny results, such as softmax and its gradients, end with this.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> flush_subnormal(const Pack<S, N>& x) {
  return select(abs(x) < std::numeric_limits<S>::min(), S{0}, x);
}

}  // namespace gradus::simd
