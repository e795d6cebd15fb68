// SPDX-License-Identifier: MIT

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/io/float_type.hpp>

using gradus::FloatType;
namespace detail = gradus::detail;

namespace {

std::uint16_t half_bits(FloatType type, double value) {
  std::vector<std::byte> stored;
  detail::convert_to<double>(type, std::span<const double>(&value, 1), stored);
  REQUIRE(stored.size() == 2);
  return static_cast<std::uint16_t>(std::to_integer<int>(stored[0]) | std::to_integer<int>(stored[1]) << 8);
}

float from_bits(FloatType type, std::uint16_t bits) {
  std::vector<std::byte> stored{std::byte(bits & 0xff), std::byte(bits >> 8)};
  float value = 0;
  detail::convert_from<float>(type, stored, std::span<float>(&value, 1));
  return value;
}

}  // namespace

TEST_CASE("FloatType: names are those of the format") {
  CHECK(detail::dtype_of(FloatType::bfloat16) == "BF16");
  CHECK(detail::float_type("F16") == FloatType::float16);
  CHECK(detail::float_type("F64") == FloatType::float64);
  CHECK_FALSE(detail::float_type("I64"));
  CHECK_FALSE(detail::float_type("F8_E5M2"));
  CHECK(detail::size_of(FloatType::float64) == 8);
  CHECK(detail::size_of(FloatType::float16) == 2);
}

// The bits follow the IEEE and bfloat16 formats; torch.tensor(x).half() and .bfloat16() give the same.
TEST_CASE("FloatType: numbers are rounded to the nearest half type, in the byte order of files") {
  CHECK(half_bits(FloatType::float16, 1.0) == 0x3c00);
  CHECK(half_bits(FloatType::float16, -2.5) == 0xc100);
  CHECK(half_bits(FloatType::float16, 1 + 0x1p-11) == 0x3c00);  // a tie is rounded to even
  CHECK(half_bits(FloatType::float16, 1 + 3 * 0x1p-11) == 0x3c02);
  CHECK(half_bits(FloatType::float16, 65504) == 0x7bff);
  CHECK(half_bits(FloatType::float16, 65520) == 0x7c00);
  CHECK(half_bits(FloatType::float16, 0x1p-24) == 0x0001);
  CHECK(half_bits(FloatType::bfloat16, 1.0) == 0x3f80);
  CHECK(half_bits(FloatType::bfloat16, 1 + 0x1p-8) == 0x3f80);
  CHECK(half_bits(FloatType::bfloat16, 1 + 3 * 0x1p-8) == 0x3f82);
  CHECK(half_bits(FloatType::bfloat16, 1e38) == 0x7e96);
}

TEST_CASE("FloatType: every half number is read exactly and written back") {
  int wrong = 0;
  for (const FloatType type : {FloatType::float16, FloatType::bfloat16}) {
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
      const float value = from_bits(type, static_cast<std::uint16_t>(bits));
      if (std::isnan(value)) continue;
      if (half_bits(type, value) != bits) ++wrong;
    }
  }
  CHECK(wrong == 0);
  CHECK(from_bits(FloatType::float16, 0x3555) == 0x1.554p-2f);
  CHECK(from_bits(FloatType::bfloat16, 0x3eab) == 0x1.56p-2f);
  CHECK(std::isnan(from_bits(FloatType::float16, 0x7e00)));
}
