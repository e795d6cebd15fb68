// SPDX-License-Identifier: MIT

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include <doctest/doctest.h>

#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/random.hpp>
#include <gradus/data/csv_number.hpp>

namespace {

using gradus::Generator;
using gradus::Index;
using gradus::detail::parse_csv_number;
using gradus::detail::round_decimal;
using gradus::detail::scan_number;
using gradus::detail::ScannedNumber;

template <class Scalar>
auto bits(Scalar x) {
  return std::bit_cast<std::conditional_t<sizeof(Scalar) == 4, std::uint32_t, std::uint64_t>>(x);
}

/// Scans a text, alone and with text after it. Returns its value, or NaN unless the number is the whole text.
double scan(const std::string& text) {
  const ScannedNumber alone = scan_number(text.data(), text.data() + text.size());
  const std::string longer = text + ",123456789";
  const ScannedNumber first = scan_number(longer.data(), longer.data() + longer.size());
  CHECK(bits(first.value) == bits(alone.value));
  CHECK((alone.end == nullptr ? first.end == nullptr : first.end - longer.data() == alone.end - text.data()));
  return alone.end == text.data() + text.size() ? alone.value : ScannedNumber{}.value;
}

/// Parses a text as CsvRows and CsvColumns do.
template <class Scalar>
bool parse(const std::string& text, Scalar& value) {
  return round_decimal(scan(text), value) || parse_csv_number(text, value);
}

/// Whether std::from_chars, to which a plus sign is none, reads the same bits or refuses the text too.
template <class Scalar>
bool agrees(const std::string& text) {
  Scalar found = 1, expected = 1;
  const char* const end = text.data() + text.size();
  const bool has_plus = text.size() > 1 && text[0] == '+' && text[1] != '+' && text[1] != '-';
  const auto [at, error] = std::from_chars(text.data() + (has_plus ? 1 : 0), end, expected);
  const bool is_number = error == std::errc{} && at == end && std::isfinite(expected);
  if (parse(text, found) != is_number) return false;
  return !is_number || bits(found) == bits(expected);
}

/// Checks a text and its negative.
template <class Scalar>
void check(const std::string& text) {
  if (!agrees<Scalar>(text) || !agrees<Scalar>("-" + text)) FAIL_CHECK(text);
}

std::string digits(Generator& random, Index count) {
  std::string result;
  for (Index i = 0; i < count; ++i) result += static_cast<char>('0' + random.below(10));
  return result;
}

}  // namespace

TEST_CASE_TEMPLATE("parse_csv_number: a finite number and blanks around it", Scalar, float, double) {
  Scalar value = 0;
  CHECK(parse<Scalar>(" \t-1.5e1 ", value));
  CHECK(value == Scalar{-15});
  CHECK(parse<Scalar>("+.5", value));
  CHECK(value == Scalar{0.5});
  for (const char* bad : {"", " ", "+", "++1", "1.5.", "1,5", "inf", "nan", "1e999", "0x1", "1 2"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse<Scalar>(bad, value));
  }
}

TEST_CASE_TEMPLATE("parse_csv_number: reads random numbers as std::from_chars does", Scalar, float, double) {
  Generator random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = digits(random, random.below(12));
    if (random.below(4) > 0) text += "." + digits(random, random.below(12));
    if (random.below(3) == 0) {
      text += random.below(2) == 0 ? "e" : "E";
      text += std::string(1, "+-0"[random.below(3)]) + digits(random, random.below(3));
    }
    check<Scalar>(text);
    const auto x = static_cast<Scalar>(random.uniform<double>(-1e4, 1e4));
    check<Scalar>(gradus::format_shortest(std::abs(x)));
  }
  CHECK(agrees<Scalar>("0.1"));
}

TEST_CASE_TEMPLATE("parse_csv_number: reads texts of these characters as std::from_chars does", Scalar, float,
                   double) {
  Generator random(2);
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (Index length = random.below(7); length > 0; --length) text += "0179.eE+-"[random.below(9)];
    check<Scalar>(text);
  }
}

TEST_CASE_TEMPLATE("parse_csv_number: is exact at the borders of the short form", Scalar, float, double) {
  // Around 2^53, 19 and 20 digits, powers of ten of 22 and 23, overflow of 64 bits, and of a float.
  for (const char* text : {"9007199254740991",
                           "9007199254740992",
                           "9007199254740993",
                           "9007199254740994",
                           "9007199254740993e22",
                           "900719925474099.3",
                           "9007199254740992e-22",
                           "9007199254740992e22",
                           "9007199254740992e23",
                           "1e22",
                           "1e23",
                           "1e-22",
                           "1e-23",
                           "1e38",
                           "3.4028235e38",
                           "3.4028236e38",
                           "1e-45",
                           "7e-46",
                           "1.17549435e-38",
                           "9999999999999999999",
                           "18446744073709551615",
                           "18446744073709551616",
                           "18446744073709551617",
                           "184467440737095516161",
                           "0.0000000000000000001",
                           "0.00000000000000000001",
                           "0.000000000000000000000000000000000001",
                           "00000000000000000001.5",
                           "0",
                           "0.0",
                           "0e5",
                           "0e99999",
                           "1e99999",
                           "1e-99999",
                           "1e0000000000000000022",
                           "1.e5",
                           ".5",
                           ".",
                           "e5",
                           ".e5",
                           "1e+",
                           "1e+-5"}) {
    CAPTURE(text);
    CHECK(agrees<Scalar>(text));
    CHECK(agrees<Scalar>("-" + std::string(text)));
  }
}

TEST_CASE("parse_csv_number: a float is rounded once") {
  // Texts that a double rounds to the middle of two floats, from both sides and exactly.
  for (const char* text :
       {"16777217", "16777217.0000000001", "16777216.9999999999", "16777219", "16777218.9999999999",
        "1.00000005960464478", "1.00000017881393433", "1.0000000596046448", "8388608.5", "8388609.5",
        "8388608.50000000001", "8388609.49999999999", "0.500000029802322387", "0.500000089406967163"}) {
    CAPTURE(text);
    CHECK(agrees<float>(text));
  }
  Generator random(3);
  for (int i = 0; i < 20'000; ++i) {
    // The middle of two floats, with one unit of the 16th digit more or less, or none.
    const auto low = static_cast<float>(std::exp(random.uniform<double>(-10, 14)));
    const float high = std::nextafter(low, 3e6f);
    const double middle = (static_cast<double>(low) + static_cast<double>(high)) / 2;
    check<float>(gradus::format_shortest(middle));
    check<float>(gradus::format_shortest(std::nextafter(middle, 0)));
    check<float>(gradus::format_shortest(std::nextafter(middle, 1e9)));
  }
}

TEST_CASE("scan_number: leaves what needs more than one rounding to std::from_chars") {
  CHECK(scan("-12.5e3") == -12500);
  CHECK(bits(scan("-0")) == bits(-0.0));
  CHECK(scan("9007199254740992") == 9007199254740992);
  for (const char* text :
       {"9007199254740993", "1e23", "1e-23", "12345678901234567890", " 1", "1 ", "nan", "1e00001"}) {
    CAPTURE(text);
    CHECK(std::isnan(scan(text)));
  }
}

TEST_CASE("round_decimal: does not round what lies in the middle between two floats") {
  float single = 0;
  CHECK(round_decimal(16777216.0, single));
  CHECK_FALSE(round_decimal(16777217.0, single));
  CHECK_FALSE(round_decimal(std::numeric_limits<double>::quiet_NaN(), single));
  double value = 0;
  CHECK(round_decimal(16777217.0, value));
  CHECK(value == 16777217);
  CHECK_FALSE(round_decimal(std::numeric_limits<double>::quiet_NaN(), value));
}
