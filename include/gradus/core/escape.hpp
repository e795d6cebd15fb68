// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <gradus/version.hpp>

/// Makes text from files and paths safe to print. Every message of gradus that repeats such text passes it
/// through `escaped` or `in_quotes`.
namespace gradus {

namespace detail {

struct CodePoint {
  char32_t value = 0;
  std::size_t length = 0;  ///< in bytes; 0 if the text does not begin with a valid sequence
};

/// Decodes the first UTF-8 sequence of a non-empty text. Overlong forms, surrogates and values above U+10FFFF
/// are invalid.
constexpr CodePoint decode_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return {};
  char32_t value = first & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    value = (value << 6) | (byte(i) & 0x3fu);
  }
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < smallest[length] || value > 0x10ffff || is_surrogate) return {};
  return {value, length};
}

/// Returns whether `c` controls a terminal or reorders its line: C0, DEL, C1, line separators, bidi marks.
constexpr bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

inline void append_hex(std::string& result, char32_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) result += "0123456789abcdef"[(value >> (4 * i)) & 0xf];
}

/// Appends a control character as `\n`, `\x1b` or `\u0085`.
inline void append_control(std::string& result, char32_t c) {
  if (c == '\n' || c == '\r' || c == '\t') {
    result += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
  } else {
    result += c < 0x80 ? "\\x" : "\\u";
    append_hex(result, c, c < 0x80 ? 2 : 4);
  }
}

/// Escapes the first `limit` bytes. If `is_quoted`, escapes `"` and `\` too and adds quotation marks.
inline std::string escape(std::string_view text, std::size_t limit, bool is_quoted) {
  std::string result;
  std::size_t i = 0;
  while (i < text.size()) {
    const CodePoint c = decode_utf8(text.substr(i));
    if (i + (c.length == 0 ? 1 : c.length) > limit) break;
    if (c.length == 0) {
      result += "\\x";
      append_hex(result, static_cast<unsigned char>(text[i]), 2);
    } else if (is_control(c.value)) {
      append_control(result, c.value);
    } else {
      if (is_quoted && (text[i] == '"' || text[i] == '\\')) result += '\\';
      result += text.substr(i, c.length);
    }
    i += c.length == 0 ? 1 : c.length;
  }
  if (i < text.size()) result += "...";
  if (is_quoted) result = '"' + result + '"';
  if (i < text.size()) result += " (" + std::to_string(text.size()) + " bytes)";
  return result;
}

inline constexpr std::size_t longest_name = 120;

}  // namespace detail

/// Returns whether the text is valid UTF-8.
constexpr bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = detail::decode_utf8(text).length;
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// Returns the text with control characters as `\n`, `\x1b` or `\u0085` and invalid UTF-8 bytes as `\xff`. A
/// text longer than `limit` bytes is cut and followed by its length: `aaaa... (1000000 bytes)`.
inline std::string escaped(std::string_view text, std::size_t limit = std::string_view::npos) {
  return detail::escape(text, limit, false);
}

/// Returns the text escaped and in quotation marks, with `"` and `\` as `\"` and `\\`.
inline std::string in_quotes(std::string_view text, std::size_t limit = detail::longest_name) {
  return detail::escape(text, limit, true);
}

}  // namespace gradus
