// SPDX-License-Identifier: MIT

#pragma once

#include <numbers>

#include <gradus/core/simd/exp.hpp>
#include <gradus/core/simd/float_bits.hpp>
#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/pack.hpp>

/// The sigmoid-shaped functions of packs. Each result depends only on its element, as in exp.hpp.
namespace gradus::simd {

namespace detail {

/// Returns exp(2 a) for 0 <= a < 10 (350 in double). Used only by tanh, which damps its error.
template <int N>
[[gnu::always_inline]] inline Pack<float, N> exp_of_double(const Pack<float, N>& a) {
  const auto shifted = multiply_add(a, broadcast<float, N>(2 * std::numbers::log2e_v<float>),
                                    broadcast<float, N>(biased_shift<float>));
  const Pack<float, N> n = shifted - biased_shift<float>;
  const Pack<float, N> r = multiply_add(n, broadcast<float, N>(-std::numbers::ln2_v<float> / 2), a);
  return polynomial(r, 0.08888888888f, 0.26666666667f, 0.66666666667f, 1.33333333333f, 2.0f, 2.0f, 1.0f) *
         power_of_two(shifted);
}
template <int N>
[[gnu::always_inline]] inline Pack<double, N> exp_of_double(const Pack<double, N>& a) {
  return exp_flushed(2 * a);
}

/// Returns p(z), and tanh_denominator q(z), in tanh(x) = x + x z p(z) / q(z), z = x^2, |x| <= 0.625.
/// Coefficients are minimax in float (relative error 4e-9) and from Cephes in double.
template <int N>
[[gnu::always_inline]] inline Pack<float, N> tanh_numerator(const Pack<float, N>& z) {
  return polynomial(z, -5.704959452e-3f, 2.063906012e-2f, -5.373970576e-2f, 1.333144207e-1f,
                    -3.333328194e-1f);
}
template <int N>
[[gnu::always_inline]] inline Pack<double, N> tanh_numerator(const Pack<double, N>& z) {
  return polynomial(z, -9.64399179425052238628e-1, -9.92877231001918586564e1, -1.61468768441708447952e3);
}
template <int N>
[[gnu::always_inline]] inline Pack<double, N> tanh_denominator(const Pack<double, N>& z) {
  return polynomial(z, 1.0, 1.12811678491632931402e2, 2.23548839060100448583e3, 4.84406305325125486048e3);
}

}  // namespace detail

/// Returns tanh(x) to 2 ulp; odd, and exactly x near 0.
template <int N>
[[gnu::always_inline]] inline Pack<float, N> tanh(const Pack<float, N>& x) {
  const Pack<float, N> a = abs(x), z = x * x;
  const Pack<float, N> at_0 = multiply_add(a * z, detail::tanh_numerator(z), a);
  const Pack<float, N> beyond = 1.0f - 2.0f / (detail::exp_of_double(min(9.02f, a)) + 1.0f);
  return copy_sign(select(a < 0.625f, at_0, beyond), x);
}
/// Returns tanh(x) to 2 ulp; odd, and exactly x near 0.
template <int N>
[[gnu::always_inline]] inline Pack<double, N> tanh(const Pack<double, N>& x) {
  const Pack<double, N> a = abs(x), z = x * x;
  const Mask<double, N> is_near_0 = a < 0.625;
  const Pack<double, N> numerator = select(is_near_0, a * z * detail::tanh_numerator(z), -2);
  const Pack<double, N> denominator =
      select(is_near_0, detail::tanh_denominator(z), detail::exp_of_double(min(22, a)) + 1);
  return copy_sign(select(is_near_0, a, 1) + numerator / denominator, x);
}

/// Returns 1 / (1 + exp(-x)) to 3 ulp, with subnormal results flushed to 0.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> sigmoid(const Pack<S, N>& x) {
  // 1 / (1 + exp(-lowest)) is slightly more than the smallest normal number
  constexpr S lowest = sizeof(S) == 4 ? S(-87.336) : S(-708.396);
  const Pack<S, N> y = S{1} / (S{1} + exp_flushed(-max(lowest, x)));
  return select(x < lowest, S{0}, y);
}

}  // namespace gradus::simd
