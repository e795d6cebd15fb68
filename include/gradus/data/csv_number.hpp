// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cfloat>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

#include <gradus/core/index.hpp>
#include <gradus/data/csv_digits.hpp>

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

/// A number at the start of a text.
struct ScannedNumber {
  double value = std::numeric_limits<double>::quiet_NaN();  ///< NaN if there is none
  const char* end = nullptr;                                ///< the end of its text, or null
};

/// Scans a number of at most 19 digits that needs one rounding: see scale_decimal. Finds nothing if [at, end)
/// starts with any other text. For random numbers with 2 to 7 digits, this takes half the time of
/// std::from_chars.
inline ScannedNumber scan_number(const char* at, const char* end) {
  if constexpr (FLT_EVAL_METHOD != 0) return {};  // a double is not rounded to 53 bits
  CsvDigits rest{at, end};
  const bool is_negative = rest.skip_sign();
  std::uint64_t m = 0;
  std::ptrdiff_t digits = rest.read(m), e = 0;
  if (rest.skip('.', '.')) {
    e = -rest.read(m);
    digits -= e;
  }
  if (digits < 1 || digits > 19 || m > std::uint64_t{1} << 53) return {};
  if (rest.skip('e', 'E')) {
    const bool is_small = rest.skip_sign();
    std::uint64_t exponent = 0;
    const std::ptrdiff_t exponent_digits = rest.read(exponent);
    if (exponent_digits < 1 || exponent_digits > 4) return {};
    e += is_small ? -static_cast<std::ptrdiff_t>(exponent) : static_cast<std::ptrdiff_t>(exponent);
  }
  if (e < -22 || e > 22) return {};
  static constexpr std::array<double, 2> signs{1, -1};  // a branch would be mispredicted often
  return {signs[is_negative ? 1 : 0] * scale_decimal(m, static_cast<int>(e)), rest.at};
}

/// Rounds a double that was rounded from a decimal to the scalar that is nearest to the decimal. Returns
/// false if the double does not say which that is: it is NaN, or in the middle between two floats.
template <std::floating_point Scalar>
bool round_decimal(double x, Scalar& value) {
  value = static_cast<Scalar>(x);
  if constexpr (std::is_same_v<Scalar, float>) {
    constexpr std::uint64_t rest = (std::uint64_t{1} << 29) - 1, middle = std::uint64_t{1} << 28;
    if ((std::bit_cast<std::uint64_t>(x) & rest) == middle) return false;
  }
  return !std::isnan(x);
}

/// Parses a number in the classic locale, with an optional plus sign and blanks around it. The result is the
/// scalar nearest to it. Returns false for anything else, and for numbers that are not finite.
template <std::floating_point Scalar>
bool parse_csv_number(std::string_view text, Scalar& value) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+') text.remove_prefix(1);
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [at, error] = std::from_chars(begin, end, value);
  return error == std::errc{} && at == end && std::isfinite(value);
}

/// Parses a number whose decimal point is `decimal`; see above. With a comma, a text with a point is not a
/// number.
template <std::floating_point Scalar>
bool parse_csv_number(std::string_view text, char decimal, Scalar& value) {
  if (decimal == '.') return parse_csv_number(text, value);
  if (text.find('.') != std::string_view::npos) return false;
  std::string with_point(text);
  std::ranges::replace(with_point, decimal, '.');
  return parse_csv_number(std::string_view(with_point), value);
}

}  // namespace gradus::detail
