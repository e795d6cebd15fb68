// SPDX-License-Identifier: MIT

#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include <gradus/core/index.hpp>

namespace gradus::detail {

/// Finds the first delimiter, line end or quotation mark, 8 characters at a time.
class FindFieldEnd {
 public:
  explicit FindFieldEnd(char delimiter) : delimiter_(delimiter), delimiters_(repeat(delimiter)) {}

  /// Returns the place of the first in [at, end), or `end`.
  const char* operator()(const char* at, const char* end) const {
    if constexpr (std::endian::native == std::endian::little) {
      for (; end - at >= 8; at += 8) {
        std::uint64_t word;
        std::memcpy(&word, at, sizeof word);
        const std::uint64_t found =
            zeros(word ^ delimiters_) | zeros(word ^ repeat('\n')) | zeros(word ^ repeat('"'));
        if (found != 0) return at + std::countr_zero(found) / 8;
      }
    }
    while (at != end && *at != delimiter_ && *at != '\n' && *at != '"') ++at;
    return at;
  }

 private:
  static constexpr std::uint64_t ones = 0x0101010101010101;
  static constexpr std::uint64_t repeat(char c) { return ones * static_cast<unsigned char>(c); }
  /// Sets the highest bit of the first byte that is 0. Bytes after it may have theirs set as well.
  static constexpr std::uint64_t zeros(std::uint64_t word) { return (word - ones) & ~word & (ones << 7); }

  char delimiter_;
  std::uint64_t delimiters_;
};

}  // namespace gradus::detail
