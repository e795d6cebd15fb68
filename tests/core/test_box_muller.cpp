// SPDX-License-Identifier: MIT

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include <doctest/doctest.h>

#include <gradus/core/box_muller.hpp>

using namespace gradus::detail;

TEST_CASE("reproducible_log: accurate to 2 ulp for every positive normal number") {
  using Limits = std::numeric_limits<double>;
  const auto check = [](double x) {
    CAPTURE(x);
    const long double exact = std::log(static_cast<long double>(x));
    const long double error = std::abs(static_cast<long double>(reproducible_log(x)) - exact);
    CHECK(error <= 2 * Limits::epsilon() * std::abs(exact));
  };
  CHECK(reproducible_log(1) == 0);
  for (int exponent = Limits::min_exponent; exponent < Limits::max_exponent; exponent += 7) {
    for (double fraction = 0.5; fraction < 1; fraction += 0.01) check(std::ldexp(fraction, exponent));
  }
  check(Limits::min());
  check(Limits::max());
  check(std::nextafter(1.0, 0.0));
  check(std::nextafter(1.0, 2.0));
  check(std::sqrt(0.5));
  check(std::nextafter(std::sqrt(0.5), 0.0));
}

TEST_CASE("reproducible_sine_cosine: accurate to 2e-15 over the whole circle") {
  constexpr int parts = 4000;
  for (int i = 0; i < parts; ++i) {
    const double angle = 2 * std::numbers::pi * i / parts;
    CAPTURE(angle);
    const SineCosine found = reproducible_sine_cosine(angle);
    CHECK(std::abs(found.sine - std::sin(angle)) <= 2e-15);
    CHECK(std::abs(found.cosine - std::cos(angle)) <= 2e-15);
  }
}

TEST_CASE("box_muller: pairs lie on the circle of radius sqrt(-2 log(1 - u))") {
  std::array<double, 5> u{0, 0.25, 0.5, 0.875, 1 - 0x1p-53}, angle{1, 0, std::numbers::pi, 4, 6};
  const std::array<double, 5> u_before = u, angle_before = angle;
  box_muller(u, angle);
  for (std::size_t i = 0; i < u.size(); ++i) {
    CAPTURE(i);
    const double radius = std::sqrt(-2 * std::log1p(-u_before[i]));
    CHECK(u[i] == doctest::Approx(radius * std::cos(angle_before[i])).epsilon(1e-13));
    CHECK(std::abs(angle[i] - radius * std::sin(angle_before[i])) <= 1e-14 * (1 + radius));
    CHECK(std::isfinite(u[i]));
  }
}
