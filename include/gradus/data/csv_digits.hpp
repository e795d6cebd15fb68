// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <gradus/core/index.hpp>

namespace gradus::detail {

/// Eight characters in one word, the first one in the lowest byte: for little-endian processors. Integer
/// instructions process all of them at once, without a branch that depends on the number of digits.
class EightCharacters {
 public:
  /// Loads 8 characters.
  explicit EightCharacters(const char* text) {
    std::memcpy(&values_, text, sizeof values_);
    values_ ^= repeat('0');  // digits become their values 0 to 9, other characters become larger
  }

  /// Returns how many characters before the first one that is not a digit.
  int digits() const {
    // Adding 0x76 sets the highest bit of a byte that is larger than 9. A carry only changes bytes after the
    // first such byte.
    return std::countr_zero(((values_ + repeat(0x76)) | values_) & repeat(0x80)) / 8;
  }

  /// Returns the number that the first `count` characters form.
  std::uint64_t number(int count) const {
    // The shift adds leading zeros. It has two steps because a shift by 64 bits is undefined.
    const std::uint64_t digits = count == 8 ? values_ : values_ << (8 * (7 - count)) << 8;
    // Joins neighbouring digits to numbers below 100, then adds the four of them, times powers of 100.
    constexpr std::uint64_t pairs = 0x000000ff'000000ff;
    const std::uint64_t joined = 10 * digits + (digits >> 8);
    constexpr std::uint64_t odd = 100 + (std::uint64_t{1'000'000} << 32);
    constexpr std::uint64_t even = 1 + (std::uint64_t{10'000} << 32);
    return ((joined & pairs) * odd + (joined >> 16 & pairs) * even) >> 32;
  }

 private:
  static constexpr std::uint64_t repeat(unsigned char c) { return std::uint64_t{0x0101010101010101} * c; }

  std::uint64_t values_;
};

/// The start of a text that is being parsed as a number.
struct CsvDigits {
  const char* at;   ///< the next character
  const char* end;  ///< the end of the text

  /// Skips one of two characters. Returns whether it was there.
  bool skip(char a, char b) {
    if (at == end) return false;
    const bool is_there = *at == a || *at == b;
    at += is_there ? 1 : 0;
    return is_there;
  }
  /// Returns whether a minus sign comes first. Skips either sign. Has no branch that depends on the sign.
  bool skip_sign() {
    if (at == end) return false;
    const bool is_negative = *at == '-';
    at += static_cast<int>(is_negative) | static_cast<int>(*at == '+');
    return is_negative;
  }
  /// Appends all digits that come next to a number, modulo 2^64, and returns how many there were.
  std::ptrdiff_t read(std::uint64_t& number) {
    static constexpr std::array<std::uint64_t, 9> powers{1,       10,        100,        1'000,      10'000,
                                                         100'000, 1'000'000, 10'000'000, 100'000'000};
    const char* const first = at;
    if constexpr (std::endian::native == std::endian::little) {
      while (end - at >= 8) {
        const EightCharacters characters(at);
        const int count = characters.digits();
        number = number * powers[static_cast<std::size_t>(count)] + characters.number(count);
        at += count;
        if (count < 8) return at - first;
      }
    }
    for (; at != end; ++at) {
      const unsigned digit = static_cast<unsigned>(*at) - unsigned{'0'};
      if (digit > 9) break;
      number = 10 * number + digit;
    }
    return at - first;
  }
};

}  // namespace gradus::detail
