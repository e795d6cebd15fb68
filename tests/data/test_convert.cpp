// SPDX-License-Identifier: MIT

#include <cstddef>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/data/convert.hpp>

using gradus::Index;

TEST_CASE_TEMPLATE("convert: every byte is divided exactly as a single number is, in arrays of any length", S,
                   float, double) {
  std::vector<std::uint8_t> bytes(256 + 3);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 7);
  for (const S divisor : {S(255), S(1), S(-3)})
    for (const Index count : {0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 259}) {
      CAPTURE(count);
      const auto size = static_cast<std::size_t>(count);
      std::vector<S> out(size + 1, S(-1)), expected(size + 1, S(-1));
      for (std::size_t i = 0; i < size; ++i) expected[i] = static_cast<S>(bytes[i]) / divisor;
      gradus::detail::convert(bytes.data(), out.data(), count, divisor);
      CHECK(out == expected);
    }
}

TEST_CASE("convert: converts elements other than bytes") {
  const std::vector<std::int16_t> numbers{-300, 0, 7};
  std::vector<float> out(3);
  gradus::detail::convert(numbers.data(), out.data(), 3, 3.0f);
  CHECK(out == std::vector<float>{-100, 0, 7 / 3.0f});
}
