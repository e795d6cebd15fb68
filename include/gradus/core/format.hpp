// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <string>
#include <system_error>

#include <gradus/version.hpp>

namespace gradus {

// Unlike printf, std::to_string and streams, these functions write the same text in every locale: a decimal
// point and no digit grouping. NaN of either sign is `nan`; infinities are `inf` and `-inf`.

namespace detail {

/// Returns the text that `write(first, last)`, a call of std::to_chars, writes. The buffer grows until it
/// fits: the largest double has 309 digits before the point.
template <class Write>
std::string written_number(const Write& write) {
  std::array<char, 64> buffer;
  auto result = write(buffer.data(), buffer.data() + buffer.size());
  if (result.ec == std::errc()) return {buffer.data(), result.ptr};
  std::string text(buffer.size(), '\0');
  do {
    text.resize(4 * text.size());
    result = write(text.data(), text.data() + text.size());
  } while (result.ec != std::errc());
  text.resize(static_cast<std::size_t>(result.ptr - text.data()));
  return text;
}

template <std::floating_point T>
std::string written_number(T x, std::chars_format format, int digits) {
  if (std::isnan(x)) return "nan";
  return written_number([&](char* first, char* last) {
    return std::to_chars(first, last, x, format, digits < 0 ? 0 : digits);
  });
}

}  // namespace detail

/// Returns `x` with `decimals` digits after the point, like printf's `%.*f`: `-0.250`.
template <std::floating_point T>
std::string format_fixed(T x, int decimals) {
  return detail::written_number(x, std::chars_format::fixed, decimals);
}

/// Returns `x` with `decimals` digits after the point and an exponent, like printf's `%.*e`: `-2.50e-01`.
template <std::floating_point T>
std::string format_scientific(T x, int decimals) {
  return detail::written_number(x, std::chars_format::scientific, decimals);
}

/// Returns `x` with at most `digits` significant digits and no trailing zeros, like printf's `%.*g`: `0.3`,
/// `1e-09`.
template <std::floating_point T>
std::string format_general(T x, int digits = 6) {
  return detail::written_number(x, std::chars_format::general, digits);
}

/// Returns the shortest text that parses back to exactly `x`: `0.1`, `0.30000000000000004`, `-1e-09`.
template <std::floating_point T>
std::string format_shortest(T x) {
  if (std::isnan(x)) return "nan";
  return detail::written_number([&](char* first, char* last) { return std::to_chars(first, last, x); });
}

/// Returns a loss with three decimals, or more if three significant digits need them: `1.046`, `0.0123`.
/// Values below 0.001 or of at least a million get an exponent: `3.20e-05`, `1.23e+06`.
template <std::floating_point T>
std::string format_loss(T loss) {
  if (!std::isfinite(loss)) return format_general(loss);
  if (!(loss < 0 || loss > 0)) return "0.000";
  std::string scientific = format_scientific(loss, 2);
  // Uses the exponent after rounding, so that 0.0999999 gives 0.100 and not 0.1000.
  const std::size_t e = scientific.find('e');
  int exponent = 0;
  for (std::size_t i = e + 2; i < scientific.size(); ++i) exponent = 10 * exponent + (scientific[i] - '0');
  if (scientific[e + 1] == '-') exponent = -exponent;
  if (exponent < -3 || exponent >= 6) return scientific;
  return format_fixed(loss, exponent < -1 ? 2 - exponent : 3);
}

}  // namespace gradus
