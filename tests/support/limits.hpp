// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

/// Numbers that often break functions, and a comparison with exact results.
namespace gradus::test {

/// Returns zeros, subnormal, small, ordinary, large and infinite numbers of both signs, those around the
/// limits of exp, and NaN.
template <class S>
std::vector<S> numbers_at_limits() {
  using Limits = std::numeric_limits<S>;
  std::vector<S> x{0,
                   Limits::denorm_min(),
                   Limits::denorm_min() * 3,
                   Limits::min() / 2,
                   std::nextafter(Limits::min(), S(0)),
                   Limits::min(),
                   Limits::min() * 5,
                   Limits::epsilon() / 8,
                   Limits::epsilon()};
  for (const double ordinary : {1e-3, 0.25, 0.5, 0.625, 0.75, 1.0, 2.0, 3.5, 9.0, 10.0, 20.0, 40.0})
    x.push_back(static_cast<S>(ordinary));
  x.push_back(std::nextafter(S(1), S(0)));
  x.push_back(std::nextafter(S(1), S(2)));
  // exp overflows around these numbers, and is subnormal or 0 for their negatives
  for (const double edge : {87.0, 87.33, 87.34, 88.0, 88.72, 88.73, 103.9, 104.1})
    x.push_back(static_cast<S>(edge));
  if (sizeof(S) == 8)
    for (const double edge : {708.3, 708.4, 709.0, 709.78, 709.79, 745.1, 745.2})
      x.push_back(static_cast<S>(edge));
  x.push_back(S(1e10));
  x.push_back(S(1e30));
  x.push_back(Limits::max() / 2);
  x.push_back(Limits::max());
  x.push_back(Limits::infinity());
  for (std::size_t i = 0, size = x.size(); i < size; ++i) x.push_back(-x[i]);
  x.push_back(Limits::quiet_NaN());
  return x;
}

/// Returns the size of the last digit of x in S.
template <class S>
long double ulp(long double x) {
  using Limits = std::numeric_limits<S>;
  int exponent = 0;
  std::frexp(x, &exponent);
  return std::ldexp(1.0L, std::max(exponent, Limits::min_exponent) - Limits::digits);
}

/// Returns whether y differs from `exact` by at most `ulps` ulp plus `absolute`. Where S overflows, y must be
/// infinite; NaN must be NaN.
template <class S>
bool is_close(S y, long double exact, double ulps, long double absolute = 0) {
  constexpr long double largest = std::numeric_limits<S>::max();
  if (std::isnan(exact)) return std::isnan(y);
  if (std::abs(exact) >= largest + ulp<S>(largest) / 2) return std::isinf(y) && (y > 0) == (exact > 0);
  return std::abs(static_cast<long double>(y) - exact) <= ulps * ulp<S>(exact) + absolute;
}

template <class S>
bool is_subnormal(S x) {
  return std::fpclassify(x) == FP_SUBNORMAL;
}

}  // namespace gradus::test
