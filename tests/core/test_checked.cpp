// SPDX-License-Identifier: MIT

#include <cmath>
#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

#include <gradus/core/checked.hpp>

namespace {

using gradus::ArgumentError;
using gradus::Index;
using gradus::detail::ceil_divide;
using gradus::detail::checked_add;
using gradus::detail::checked_cast;
using gradus::detail::is_range_within;

constexpr Index most = std::numeric_limits<Index>::max(), least = std::numeric_limits<Index>::min();

}  // namespace

TEST_CASE("checked_add: returns the sum, or throws an error that names both numbers") {
  CHECK(checked_add("a", 2, 3) == 5);
  CHECK(checked_add("a", most - 1, 1) == most);
  CHECK(checked_add("a", least, most) == -1);
  CHECK(checked_add("a", least + 1, -1) == least);
  CHECK_THROWS_WITH_AS(checked_add("steps", most, 1),
                       "steps: 9223372036854775807 + 1 overflows, expected at most 9223372036854775807",
                       ArgumentError);
  CHECK_THROWS_AS(checked_add("a", most, most), ArgumentError);
  CHECK_THROWS_AS(checked_add("a", least, -1), ArgumentError);
}

TEST_CASE("ceil_divide: rounds up, also near the largest number") {
  CHECK(ceil_divide(0, 3) == 0);
  CHECK(ceil_divide(6, 3) == 2);
  CHECK(ceil_divide(7, 3) == 3);
  CHECK(ceil_divide(2, most) == 1);
  CHECK(ceil_divide(most, most) == 1);
  CHECK(ceil_divide(most, 2) == most / 2 + 1);
}

TEST_CASE("is_range_within: does not compute the sum of first and count") {
  CHECK(is_range_within(0, 5, 5));
  CHECK(is_range_within(5, 0, 5));
  CHECK(is_range_within(3, 2, 5));
  CHECK_FALSE(is_range_within(3, 3, 5));
  CHECK_FALSE(is_range_within(6, 0, 5));
  CHECK_FALSE(is_range_within(3, most, 5));
  CHECK_FALSE(is_range_within(most, most, most));
  CHECK_FALSE(is_range_within(-1, 2, 5));
  CHECK_FALSE(is_range_within(2, -1, 5));
}

TEST_CASE("checked_cast: floating-point numbers outside the integer type are refused") {
  CHECK(checked_cast<int>("a", 1.9) == 1);
  CHECK(checked_cast<int>("a", -1.9f) == -1);
  CHECK(checked_cast<std::uint8_t>("a", 255.9) == 255);
  CHECK(checked_cast<std::uint8_t>("a", -0.9) == 0);
  CHECK(checked_cast<std::int8_t>("a", -128.5) == -128);
  CHECK(checked_cast<Index>("a", -0x1p63) == least);
  CHECK(checked_cast<Index>("a", 0x1p62f) == Index{1} << 62);
  CHECK(checked_cast<std::uint64_t>("a", 0x1p63) == std::uint64_t{1} << 63);
  CHECK(checked_cast<bool>("a", 0.5));
  CHECK(checked_cast<float>("a", 1e300) == std::numeric_limits<float>::infinity());
  for (const double outside : {256.0, -1.0, 1e300, std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    CAPTURE(outside);
    CHECK_THROWS_AS(checked_cast<std::uint8_t>("a", outside), ArgumentError);
  }
  CHECK_THROWS_AS(checked_cast<Index>("a", 0x1p63), ArgumentError);
  CHECK_THROWS_AS(checked_cast<Index>("a", -0x1.0000000000001p63), ArgumentError);
  CHECK_THROWS_AS(checked_cast<int>("a", 0x1p31f), ArgumentError);
  CHECK_THROWS_AS(checked_cast<std::uint64_t>("a", 0x1p64f), ArgumentError);
}

TEST_CASE("checked_cast: integers do not wrap") {
  CHECK(checked_cast<std::uint8_t>("a", 255) == 255);
  CHECK(checked_cast<std::int8_t>("a", -128) == -128);
  CHECK(checked_cast<std::uint64_t>("a", most) == std::uint64_t{0x7fffffffffffffff});
  CHECK(checked_cast<float>("a", most) == 0x1p63f);
  CHECK_THROWS_WITH_AS(checked_cast<std::uint8_t>("fill", 300),
                       "fill: 300 does not fit in an unsigned 8-bit integer", ArgumentError);
  CHECK_THROWS_AS(checked_cast<std::uint8_t>("a", -1), ArgumentError);
  CHECK_THROWS_AS(checked_cast<std::int8_t>("a", 128), ArgumentError);
  CHECK_THROWS_AS(checked_cast<std::uint64_t>("a", -1), ArgumentError);
  CHECK_THROWS_AS(checked_cast<Index>("a", std::numeric_limits<std::uint64_t>::max()), ArgumentError);
}
