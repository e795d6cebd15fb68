// SPDX-License-Identifier: MIT

#pragma once

#include <limits>
#include <numbers>
#include <type_traits>

#include <gradus/core/simd/float_bits.hpp>
#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/pack.hpp>

/// Exponentials of packs. Each result depends only on its element, not on N or its neighbours. Results differ
/// in the last digit between instruction sets with and without fused multiply-add.
namespace gradus::simd {

namespace detail {

/// Returns c[0] x^k + c[1] x^(k - 1) + ... + c[k] by Horner's rule.
template <class S, int N, class... C>
[[gnu::always_inline]] inline Pack<S, N> polynomial(const Pack<S, N>& x, std::type_identity_t<S> highest,
                                                    C... lower) {
  Pack<S, N> sum = broadcast<S, N>(highest);
  ((sum = multiply_add(sum, x, broadcast<S, N>(static_cast<S>(lower)))), ...);
  return sum;
}

/// Returns the integer n of x = n ln 2 + r, |r| <= ln(2) / 2, plus the exponent bias and integer_shift.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> shifted_exponent(const Pack<S, N>& x) {
  return multiply_add(x, broadcast<S, N>(std::numbers::log2e_v<S>), broadcast<S, N>(biased_shift<S>));
}

/// Returns the r of x = n ln 2 + r.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> exponent_rest(const Pack<S, N>& x, const Pack<S, N>& n) {
  // The high part of ln 2 has so few bits that its product with n is exact.
  constexpr S high = sizeof(S) == 4 ? S(0.693359375) : S(6.93147180369123816490e-01);
  constexpr S low = sizeof(S) == 4 ? S(-2.12194440e-4) : S(1.90821492927058770002e-10);
  return multiply_add(n, broadcast<S, N>(-low), multiply_add(n, broadcast<S, N>(-high), x));
}

/// Returns the p of exp(r) = 1 + r + r^2 p for |r| <= ln(2) / 2.
template <int N>
[[gnu::always_inline]] inline Pack<float, N> exp_tail(const Pack<float, N>& r, const Pack<float, N>& r2) {
  // Coefficients from Cephes, evaluated in the order of Eigen 3.4
  const Pack<float, N> high = polynomial(r, 1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f);
  const Pack<float, N> low = polynomial(r, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f);
  return multiply_add(high, r2 * r, low);
}
template <int N>
[[gnu::always_inline]] inline Pack<double, N> exp_tail(const Pack<double, N>& r, const Pack<double, N>&) {
  // Chebyshev approximation of degree 10; the relative error of exp is 4e-19
  return polynomial(r, 2.0914686968086876e-9, 2.5105217004720745e-8, 2.75572736431103e-7,
                    2.7557255400206422e-6, 2.4801587325547743e-5, 1.9841269874820627e-4,
                    1.3888888888883748e-3, 8.333333333326136e-3, 4.166666666666667e-2, 0.1666666666666667,
                    0.5);
}

/// Returns exp(r) - 1 for |r| <= ln(2) / 2.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> expm1_of_rest(const Pack<S, N>& r) {
  const Pack<S, N> r2 = r * r;
  return multiply_add(exp_tail(r, r2), r2, r);
}
/// Returns exp(r) for |r| <= ln(2) / 2.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> exp_of_rest(const Pack<S, N>& r) {
  return expm1_of_rest(r) + S{1};
}

}  // namespace detail

/// Returns exp(x) to 1.1 ulp, including subnormal results.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> exp(const Pack<S, N>& x) {
  // Outside these bounds the result is infinity or 0.
  constexpr S highest = sizeof(S) == 4 ? S(89) : S(710);
  constexpr S lowest = sizeof(S) == 4 ? S(-105) : S(-746);
  const Pack<S, N> bounded = max(lowest, min(highest, x));
  const Pack<S, N> n = detail::shifted_exponent(bounded) - detail::biased_shift<S>;
  // 2^n may be subnormal or too large, but the two powers with half the exponent are normal.
  const auto half = multiply_add(n, broadcast<S, N>(S(0.5)), broadcast<S, N>(detail::biased_shift<S>));
  const auto other_half = (n - half) + S{2} * detail::biased_shift<S>;
  return detail::exp_of_rest(detail::exponent_rest(bounded, n)) * detail::power_of_two(half) *
         detail::power_of_two(other_half);
}

/// Returns exp(x) for x <= 88 (709 in double), with subnormal results flushed to 0. A third faster than exp.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> exp_flushed(const Pack<S, N>& x) {
  // exp(lowest) is slightly more than the smallest normal number
  constexpr S lowest = sizeof(S) == 4 ? S(-87.336) : S(-708.396);
  const Pack<S, N> shifted = detail::shifted_exponent(x), n = shifted - detail::biased_shift<S>;
  const Pack<S, N> y = detail::exp_of_rest(detail::exponent_rest(x, n)) * detail::power_of_two(shifted);
  return select(x < lowest, S{0}, y);
}

/// Returns exp(x) - 1 to 2 ulp, also near 0.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> expm1(const Pack<S, N>& x) {
  // Outside these bounds the result is infinity or -1.
  constexpr S highest = sizeof(S) == 4 ? S(89) : S(710);
  constexpr S lowest = sizeof(S) == 4 ? S(-20) : S(-40);
  constexpr S linear_up_to = std::numeric_limits<S>::epsilon() / 4;
  const Pack<S, N> bounded = max(lowest, min(highest, x));
  const Pack<S, N> n = detail::shifted_exponent(bounded) - detail::biased_shift<S>;
  // exp(x) - 1 = 2 (2^(n - 1) (exp(r) - 1) + (2^(n - 1) - 1/2)) does not overflow prematurely.
  const Pack<S, N> q = detail::expm1_of_rest(detail::exponent_rest(bounded, n));
  const Pack<S, N> power = detail::power_of_two(n + (detail::biased_shift<S> - S{1}));
  const Pack<S, N> y = S{2} * multiply_add(power, q, power - S(0.5));
  return select(abs(x) < linear_up_to, x, y);
}

}  // namespace gradus::simd
