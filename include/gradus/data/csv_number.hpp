// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <bit>
#include <cfloat>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <system_error>
#include <type_traits>

#include <gradus/core/index.hpp>

namespace gradus::detail {

/// m 10^e for m up to 2^53 and e from -22 to 22, correctly rounded. A double represents m and 10^|e| exactly,
/// so that the result is rounded once: Clinger, How to read floating point numbers accurately, 1990.
inline double scale_decimal(std::uint64_t m, int e) {
  static constexpr std::array<double, 23> powers{1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const auto x = static_cast<double>(m);
  return e < 0 ? x / powers[static_cast<std::size_t>(-e)] : x * powers[static_cast<std::size_t>(e)];
}

/// Rounds a double that was rounded from a decimal to the scalar that is nearest to the decimal. Returns
/// false if the double does not say which that is: it lies in the middle between two floats.
template <std::floating_point Scalar>
bool round_decimal(double x, Scalar& value) {
  value = static_cast<Scalar>(x);
  if constexpr (std::is_same_v<Scalar, float>) {
    constexpr std::uint64_t rest = (std::uint64_t{1} << 29) - 1, middle = std::uint64_t{1} << 28;
    return (std::bit_cast<std::uint64_t>(x) & rest) != middle;
  }
  return true;
}

/// The start of a text that is being parsed as a number.
struct CsvDigits {
  const char* at;
  const char* end;

  /// Skips one of two characters. Returns whether it was there.
  bool skip(char a, char b) {
    const bool is_there = at != end && (*at == a || *at == b);
    if (is_there) ++at;
    return is_there;
  }
  /// Returns whether a minus sign comes first. Skips either sign.
  bool skip_sign() {
    const bool is_negative = at != end && *at == '-';
    skip('-', '+');
    return is_negative;
  }
  /// Appends digits to a number, at most `most` of them, and returns how many there were.
  std::ptrdiff_t read(std::uint64_t& number,
                      std::ptrdiff_t most = std::numeric_limits<std::ptrdiff_t>::max()) {
    const char* const first = at;
    for (; at != end && at - first < most; ++at) {
      const unsigned digit = static_cast<unsigned>(*at) - unsigned{'0'};
      if (digit > 9) break;
      number = 10 * number + digit;
    }
    return at - first;
  }
};

/// Parses a number of at most 19 digits that needs one rounding: see scale_decimal. Returns false for any
/// other text. In ten columns of random numbers with 2 to 7 digits, this takes a third of the time of
/// std::from_chars.
template <std::floating_point Scalar>
bool parse_short_number(std::string_view text, Scalar& value) {
  CsvDigits rest{text.data(), text.data() + text.size()};
  const bool is_negative = rest.skip_sign();
  std::uint64_t m = 0;
  std::ptrdiff_t digits = rest.read(m), e = 0;
  if (rest.skip('.', '.')) {
    e = -rest.read(m);
    digits -= e;
  }
  if (digits < 1 || digits > 19 || m > std::uint64_t{1} << 53) return false;
  if (rest.skip('e', 'E')) {
    const bool is_small = rest.skip_sign();
    std::uint64_t exponent = 0;
    if (rest.read(exponent, 4) == 0) return false;
    e += is_small ? -static_cast<std::ptrdiff_t>(exponent) : static_cast<std::ptrdiff_t>(exponent);
  }
  if (rest.at != rest.end || e < -22 || e > 22) return false;
  const double x = scale_decimal(m, static_cast<int>(e));
  return round_decimal(is_negative ? -x : x, value);
}

/// Parses a number in the classic locale, with an optional plus sign and blanks around it. The result is the
/// scalar nearest to it. Returns false for anything else, and for numbers that are not finite.
template <std::floating_point Scalar>
bool parse_csv_number(std::string_view text, Scalar& value) {
#if FLT_EVAL_METHOD == 0
  if (parse_short_number(text, value)) return true;
#endif
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+') text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && at == end && std::isfinite(value);
}

}  // namespace gradus::detail
