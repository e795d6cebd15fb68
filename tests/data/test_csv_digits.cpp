// SPDX-License-Identifier: MIT

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/data/csv_digits.hpp>

namespace {

using gradus::Generator;
using gradus::detail::CsvDigits;
using gradus::detail::EightCharacters;

/// Digits, read one by one, and how many there are.
struct Digits {
  std::uint64_t number;
  std::ptrdiff_t count;

  bool operator==(const Digits&) const = default;
};
Digits one_by_one(const std::string& text, std::uint64_t number) {
  std::size_t count = 0;
  for (; count < text.size() && text[count] >= '0' && text[count] <= '9'; ++count)
    number = 10 * number + static_cast<std::uint64_t>(text[count] - '0');
  return {number, static_cast<std::ptrdiff_t>(count)};
}
Digits read(const std::string& text, std::uint64_t number) {
  CsvDigits digits{text.data(), text.data() + text.size()};
  const std::ptrdiff_t count = digits.read(number);
  CHECK(digits.at == text.data() + count);
  return {number, count};
}

}  // namespace

TEST_CASE("EightCharacters: every character that is not a digit ends a number, at every place") {
  if constexpr (std::endian::native != std::endian::little) return;
  for (int place = 0; place < 8; ++place) {
    for (int c = 0; c < 256; ++c) {
      std::string text = "98765432";
      text[static_cast<std::size_t>(place)] = static_cast<char>(c);
      CAPTURE(place);
      CAPTURE(c);
      const Digits expected = one_by_one(text, 0);
      const EightCharacters characters(text.data());
      REQUIRE(characters.digits() == expected.count);
      REQUIRE(characters.number(characters.digits()) == expected.number);
    }
  }
}

TEST_CASE("CsvDigits: reads as many digits as there are, whatever follows") {
  Generator random(0);
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (gradus::Index digits = random.below(25); digits > 0; --digits)
      text += static_cast<char>('0' + random.below(10));
    for (gradus::Index others = random.below(10); others > 0; --others)
      text += static_cast<char>(random.below(3) == 0 ? random.below(256) : '0' + random.below(12));
    CAPTURE(text);
    const auto start = static_cast<std::uint64_t>(random.below(100));
    REQUIRE(read(text, start) == one_by_one(text, start));
  }
}

TEST_CASE("CsvDigits: skips a sign and either of two characters") {
  const std::string text = "-+e";
  CsvDigits digits{text.data(), text.data() + text.size()};
  CHECK(digits.skip_sign());
  CHECK_FALSE(digits.skip_sign());
  CHECK_FALSE(digits.skip('E', '.'));
  CHECK(digits.skip('E', 'e'));
  CHECK(digits.at == digits.end);
  CHECK_FALSE(digits.skip_sign());
  CHECK_FALSE(digits.skip('e', '\0'));
}
