// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <gradus/core/simd/float_bits.hpp>

#include "../../support/limits.hpp"

using gradus::simd::Pack;
namespace simd = gradus::simd;

namespace {

template <class S>
bool have_equal_bits(S a, S b) {
  return std::isnan(b) ? std::isnan(a) : a == b && std::signbit(a) == std::signbit(b);
}

/// Calls f with packs of numbers at the limits and with their lanes.
template <class S, class F>
void for_each_pack_at_limits(const F& f) {
  const auto numbers = gradus::test::numbers_at_limits<S>();
  for (std::size_t first = 0; first + 4 <= numbers.size(); ++first) {
    f(simd::load<S, 4>(numbers.data() + first), numbers.data() + first);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("abs, sign: work on every lane", S, float, double) {
  for_each_pack_at_limits<S>([](const Pack<S, 4>& x, const S* numbers) {
    S magnitudes[4], signs[4];
    simd::store(magnitudes, abs(x));
    simd::store(signs, sign(x));
    for (int i = 0; i < 4; ++i) {
      CAPTURE(numbers[i]);
      CHECK(have_equal_bits(magnitudes[i], std::abs(numbers[i])));
      const S expected = numbers[i] > 0 ? S(1) : numbers[i] < 0 ? S(-1) : numbers[i];
      CHECK((signs[i] == expected || (std::isnan(expected) && std::isnan(signs[i]))));
    }
  });
}

TEST_CASE_TEMPLATE("copy_sign: copies the sign of -0", S, float, double) {
  for_each_pack_at_limits<S>([](const Pack<S, 4>& x, const S* numbers) {
    S signs[4];
    simd::store(signs, copy_sign(simd::broadcast<S, 4>(S(2.5)), x));
    for (int i = 0; i < 4; ++i) CHECK(have_equal_bits(signs[i], std::copysign(S(2.5), numbers[i])));
  });
}

TEST_CASE_TEMPLATE("power_of_two: is exact for every exponent of a normal number", S, float, double) {
  using Limits = std::numeric_limits<S>;
  for (int n = Limits::min_exponent - 1; n < Limits::max_exponent; ++n) {
    const Pack<S, 1> shifted{static_cast<S>(n) + simd::detail::biased_shift<S>};
    CHECK(simd::detail::power_of_two(shifted).v == std::ldexp(S(1), n));
  }
}

TEST_CASE_TEMPLATE("flush_subnormal: flushes subnormal numbers and keeps others", S, float, double) {
  using Limits = std::numeric_limits<S>;
  const auto flushed = [](S x) { return simd::flush_subnormal(Pack<S, 1>{x}).v; };
  for (const S sign : {S(1), S(-1)}) {
    CHECK(flushed(sign * Limits::denorm_min()) == 0);
    CHECK(flushed(sign * std::nextafter(Limits::min(), S(0))) == 0);
    CHECK(flushed(sign * Limits::min()) == sign * Limits::min());
    CHECK(flushed(sign * Limits::infinity()) == sign * Limits::infinity());
  }
  CHECK(std::isnan(flushed(Limits::quiet_NaN())));
}
