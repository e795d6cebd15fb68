// SPDX-License-Identifier: MIT

#include <cfloat>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include <gradus/core/format.hpp>
#include <gradus/core/random.hpp>

#include "../support/comma_locale.hpp"

namespace {

using gradus::format_fixed;
using gradus::format_general;
using gradus::format_loss;
using gradus::format_scientific;
using gradus::format_shortest;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

std::string printed(const char* pattern, int digits, double x) {
  std::string text(1000, '\0');
  text.resize(static_cast<std::size_t>(std::snprintf(text.data(), text.size(), pattern, digits, x)));
  return text;
}

}  // namespace

TEST_CASE("format: equals printf in the C locale") {
  gradus::Generator random(1);
  for (int i = 0; i < 500; ++i) {
    const double x = random.normal() * std::pow(10, static_cast<double>(random.below(80)) - 40);
    const auto digits = static_cast<int>(random.below(9));
    CHECK(format_fixed(x, digits) == printed("%.*f", digits, x));
    CHECK(format_scientific(x, digits) == printed("%.*e", digits, x));
    CHECK(format_general(x, digits) == printed("%.*g", digits, x));
  }
  CHECK(format_general(0.2) == "0.2");
  CHECK(format_general(1e6) == "1e+06");
  CHECK(format_general(1234567.0) == "1.23457e+06");
}

TEST_CASE("format: the largest and smallest numbers fit") {
  CHECK(format_fixed(DBL_MAX, 0).size() == 309);
  CHECK(format_fixed(DBL_MAX, 100) == printed("%.*f", 100, DBL_MAX));
  CHECK(format_fixed(-DBL_MAX, 3) == printed("%.*f", 3, -DBL_MAX));
  CHECK(format_fixed(5e-324, 3) == "0.000");
  CHECK(format_shortest(5e-324) == "5e-324");
  CHECK(format_shortest(DBL_MAX) == "1.7976931348623157e+308");
  CHECK(format_fixed(std::numeric_limits<long double>::max(), 2).size() > 300);
}

TEST_CASE("format: returns the shortest text that reads back as the same number") {
  CHECK(format_shortest(0.1) == "0.1");
  CHECK(format_shortest(0.1f) == "0.1");
  CHECK(format_shortest(0.1 + 0.2) == "0.30000000000000004");
  CHECK(format_shortest(-1e-9) == "-1e-09");
  CHECK(format_shortest(1.0) == "1");
  CHECK(format_shortest(-0.0) == "-0");
  gradus::Generator random(2);
  for (int i = 0; i < 500; ++i) {
    const double x = random.normal() * std::pow(10, static_cast<double>(random.below(600)) - 300);
    CHECK(std::strtod(format_shortest(x).c_str(), nullptr) == x);
  }
}

TEST_CASE("format: NaN of either sign is nan, and infinities are inf and -inf") {
  for (const double x : {not_a_number, -not_a_number}) {
    CHECK(format_fixed(x, 3) == "nan");
    CHECK(format_scientific(x, 3) == "nan");
    CHECK(format_general(x) == "nan");
    CHECK(format_shortest(x) == "nan");
    CHECK(format_loss(x) == "nan");
  }
  CHECK(format_fixed(infinity, 3) == "inf");
  CHECK(format_fixed(-infinity, 3) == "-inf");
  CHECK(format_shortest(-infinity) == "-inf");
  CHECK(format_loss(infinity) == "inf");
  CHECK(format_loss(-infinity) == "-inf");
}

TEST_CASE("format_loss: three decimals, or three significant digits for small losses, or an exponent") {
  CHECK(format_loss(1.0458) == "1.046");
  CHECK(format_loss(2.3026f) == "2.303");
  CHECK(format_loss(0.25) == "0.250");
  CHECK(format_loss(0.1) == "0.100");
  CHECK(format_loss(0.0123) == "0.0123");
  CHECK(format_loss(0.00123) == "0.00123");
  CHECK(format_loss(3.2e-5) == "3.20e-05");
  CHECK(format_loss(5e-324) == "4.94e-324");
  CHECK(format_loss(12345.6789) == "12345.679");
  CHECK(format_loss(1234567.0) == "1.23e+06");
  CHECK(format_loss(DBL_MAX) == "1.80e+308");
  CHECK(format_loss(-0.5) == "-0.500");
  CHECK(format_loss(-3.2e-5) == "-3.20e-05");
  CHECK(format_loss(0.0) == "0.000");
  CHECK(format_loss(-0.0) == "0.000");
}

TEST_CASE("format_loss: rounds before it chooses the number of decimals") {
  CHECK(format_loss(0.09996) == "0.100");
  CHECK(format_loss(0.09994) == "0.0999");
  CHECK(format_loss(0.009996) == "0.0100");
  CHECK(format_loss(0.0009996) == "0.00100");
  CHECK(format_loss(0.0009994) == "9.99e-04");
  CHECK(format_loss(999499.0) == "999499.000");
  CHECK(format_loss(999999.0) == "1.00e+06");
}

TEST_CASE("format: does not depend on the locale") {
  const gradus::test::CommaLocale comma;
  CHECK(format_fixed(1234567.25, 2) == "1234567.25");
  CHECK(format_scientific(1234567.25, 2) == "1.23e+06");
  CHECK(format_general(12345.5) == "12345.5");
  CHECK(format_shortest(12345.5) == "12345.5");
  CHECK(format_loss(12345.5) == "12345.500");
  CHECK(format_loss(3.2e-5) == "3.20e-05");
}
