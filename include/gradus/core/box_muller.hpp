// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <utility>

#include <gradus/core/fast_math.hpp>

namespace gradus::detail {

// Functions that transform uniform numbers into normal ones. They use only operations that IEEE 754 defines
// exactly, in an order that no compiler may change (fused multiply-adds are spelled out). Normal numbers
// therefore do not depend on the C library, whose log, sin and cos differ in the last digits between versions
// and processors.

/// Returns c[0] + c[1] x + c[2] x^2 + ... by Horner's rule, unrolled so that a loop around it vectorises.
template <std::size_t N>
double polynomial(const std::array<double, N>& c, double x) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    double sum = c[N - 1];
    ((sum = std::fma(sum, x, c[N - 2 - I])), ...);
    return sum;
  }
  (std::make_index_sequence<N - 1>());
}

/// Returns the logarithm of a positive normal number, accurate to 2 ulp.
inline double reproducible_log(double x) {
  // x = m 2^exponent with sqrt(1/2) <= m < sqrt(2)
  constexpr auto one = std::bit_cast<std::uint64_t>(1.0);
  constexpr auto root_half = std::bit_cast<std::uint64_t>(std::numbers::sqrt2 / 2);
  constexpr std::uint64_t fraction = (std::uint64_t{1} << 52) - 1;
  const std::uint64_t shifted = std::bit_cast<std::uint64_t>(x) + (one - root_half);
  const double exponent = static_cast<int>(shifted >> 52) - 1023;
  const auto m = std::bit_cast<double>((shifted & fraction) + root_half);

  // log m = 2 artanh(s) = 2 (s + s^3/3 + s^5/5 + ...) with s = (m - 1) / (m + 1), |s| < 0.172
  constexpr std::array series{1.0 / 3,  1.0 / 5,  1.0 / 7,  1.0 / 9,  1.0 / 11, 1.0 / 13,
                              1.0 / 15, 1.0 / 17, 1.0 / 19, 1.0 / 21, 1.0 / 23};
  const double s = (m - 1) / (m + 1);
  const double s2 = s * s;
  return std::fma(exponent, std::numbers::ln2, 2 * std::fma(s * s2, polynomial(series, s2), s));
}

/// Returns (-1)^k / (2k + first)! for k = 0, 1, ..., 11.
constexpr std::array<double, 12> alternating_factorials(int first) {
  std::array<double, 12> c{};
  double next = 1;
  int n = first;
  for (double& coefficient : c) {
    coefficient = next;
    next /= -(n + 1) * (n + 2);
    n += 2;
  }
  return c;
}

struct SineCosine {
  double sine, cosine;
};

/// Returns the sine and cosine of an angle between 0 and 2 pi, accurate to 2e-15.
inline SineCosine reproducible_sine_cosine(double angle) {
  // sin h = h - h^3/3! + h^5/5! - ..., cos h = 1 - h^2/2! + h^4/4! - ... with h = (angle - pi) / 2
  constexpr auto sine_series = alternating_factorials(1);
  constexpr auto cosine_series = alternating_factorials(0);
  const double h = std::numbers::pi * std::fma(angle, 0.5 / std::numbers::pi, -0.5);
  const double sine = h * polynomial(sine_series, h * h);
  const double cosine = polynomial(cosine_series, h * h);
  // sin(2h + pi) = -2 sin h cos h, cos(2h + pi) = 2 sin^2 h - 1
  return {-2 * sine * cosine, std::fma(2 * sine, sine, -1)};
}

/// Applies the Box-Muller transform (Annals of Mathematical Statistics 29, 1958): for u uniform in [0, 1) and
/// an angle uniform in [0, 2 pi), r cos(angle) and r sin(angle) with r = sqrt(-2 log(1 - u)) are independent
/// and normal. Overwrites each u with the first and each angle with the second.
template <std::size_t N>
void box_muller(std::array<double, N>& u, std::array<double, N>& angle) {
  std::array<double, N> radius;
  for (std::size_t i = 0; i < N; ++i) radius[i] = -2 * reproducible_log(1 - u[i]);
  // A separate loop, because sqrt may set errno, which prevents vectorisation.
  for (double& r : radius) r = std::sqrt(r);
  for (std::size_t i = 0; i < N; ++i) {
    const SineCosine direction = reproducible_sine_cosine(angle[i]);
    u[i] = radius[i] * direction.cosine;
    angle[i] = radius[i] * direction.sine;
  }
}

}  // namespace gradus::detail
