// SPDX-License-Identifier: MIT

#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <numbers>

#include <gradus/core/simd/exp.hpp>
#include <gradus/core/simd/float_bits.hpp>
#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/pack.hpp>

/// Logarithms of packs. Each result depends only on its element, as in exp.hpp.
namespace gradus::simd {

namespace detail {

// For positive normal x, x = 2^k (1 + f) with an integer k and sqrt(1/2) <= 1 + f < sqrt(2). Both parts come
// from the bits of x, counted from those of sqrt(1/2).

template <class S>
inline constexpr Unsigned<S> root_half_bits = std::bit_cast<Unsigned<S>>(std::numbers::sqrt2_v<S> / 2);

template <class S, int N>
[[gnu::always_inline]] inline Pack<Unsigned<S>, N> bits_above_root_half(const Pack<S, N>& x) {
  constexpr auto one = std::bit_cast<Unsigned<S>>(S{1});
  return to_unsigned(x) + broadcast<Unsigned<S>, N>(one - root_half_bits<S>);
}

template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> exponent_of(const Pack<Unsigned<S>, N>& bits) {
  // Or-ing an integer into the low bits of 2^fraction_bits adds the integer to it.
  constexpr S shift = static_cast<S>(std::uint64_t{1} << fraction_bits<S>);
  const auto shift_bits = broadcast<Unsigned<S>, N>(std::bit_cast<Unsigned<S>>(shift));
  const Pack<S, N> shifted = from_unsigned<S, N>((bits >> fraction_bits<S>) | shift_bits);
  return shifted - (shift + static_cast<S>(exponent_bias<S>));
}

template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> fraction_of(const Pack<Unsigned<S>, N>& bits) {
  constexpr Unsigned<S> fraction = (Unsigned<S>{1} << fraction_bits<S>)-1;
  const auto m = (bits & broadcast<Unsigned<S>, N>(fraction)) + broadcast<Unsigned<S>, N>(root_half_bits<S>);
  return from_unsigned<S, N>(m) - S{1};
}

/// Returns r(z) in log(1 + f) = f - f^2/2 + s (f^2/2 + r(s^2)), s = f / (2 + f). Coefficients from fdlibm.
template <int N>
[[gnu::always_inline]] inline Pack<float, N> log_tail(const Pack<float, N>& z) {
  return z * polynomial(z, 0.24279078841f, 0.28498786688f, 0.40000972152f, 0.66666662693f);
}
template <int N>
[[gnu::always_inline]] inline Pack<double, N> log_tail(const Pack<double, N>& z) {
  return z * polynomial(z, 1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01,
                        2.222219843214978396e-01, 2.857142874366239149e-01, 3.999999999940941908e-01,
                        6.666666666666735130e-01);
}

/// Returns log(2^k (1 + f)) + tail, where `tail` is at most half an ulp of 1.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> log_of_parts(const Pack<S, N>& k, const Pack<S, N>& f,
                                                      const Pack<S, N>& tail) {
  constexpr S high = sizeof(S) == 4 ? S(6.9313812256e-01) : S(6.93147180369123816490e-01);
  constexpr S low = sizeof(S) == 4 ? S(9.0580006145e-06) : S(1.90821492927058770002e-10);
  const Pack<S, N> s = f / (f + S{2}), half = multiply_rounded(S(0.5) * f, f);
  const Pack<S, N> rest = multiply_add(k, broadcast<S, N>(low), tail);
  const Pack<S, N> correction = half - multiply_add(s, half + log_tail(s * s), rest);
  return multiply_add(k, broadcast<S, N>(high), f - correction);
}

/// Returns y, except where x is 0, negative, infinite or NaN: there, returns the limit of log(x).
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> with_limits_of_log(const Pack<S, N>& x, const Pack<S, N>& y) {
  constexpr S infinity = std::numeric_limits<S>::infinity(), nan = std::numeric_limits<S>::quiet_NaN();
  const Pack<S, N> at_most_0 = select(x < 0, nan, broadcast<S, N>(-infinity));
  return select(x <= 0, at_most_0, select(x < infinity, y, x));
}

}  // namespace detail

/// Returns the natural logarithm to 1 ulp, also for subnormal x; -infinity for 0, NaN for x < 0.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> log(const Pack<S, N>& x) {
  constexpr int digits = std::numeric_limits<S>::digits;
  constexpr S scale = static_cast<S>(std::uint64_t{1} << digits);
  const Mask<S, N> subnormal = x < std::numeric_limits<S>::min();
  const auto bits = detail::bits_above_root_half(select(subnormal, x * scale, x));
  const Pack<S, N> k =
      detail::exponent_of<S, N>(bits) - select(subnormal, static_cast<S>(digits), broadcast<S, N>(0));
  const Pack<S, N> y = detail::log_of_parts(k, detail::fraction_of<S, N>(bits), broadcast<S, N>(0));
  return detail::with_limits_of_log(x, y);
}

/// Returns log(1 + x) to 1 ulp, also near 0; -infinity for -1, NaN for x < -1.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> log1p(const Pack<S, N>& x) {
  constexpr S linear_up_to = std::numeric_limits<S>::epsilon() / 4;
  const Pack<S, N> y = x + S{1};
  // the rounding error of y
  const Pack<S, N> lost = select(x < 1, x - (y - S{1}), S{1} - (y - x));
  const auto bits = detail::bits_above_root_half(y);
  const Pack<S, N> log_y =
      detail::log_of_parts(detail::exponent_of<S, N>(bits), detail::fraction_of<S, N>(bits), lost / y);
  return select(abs(x) < linear_up_to, x, detail::with_limits_of_log(y, log_y));
}

}  // namespace gradus::simd
