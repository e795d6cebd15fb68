// SPDX-License-Identifier: MIT

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <doctest/doctest.h>

#include <gradus/core/byte_order.hpp>

using namespace gradus;

static_assert(byte_swapped(std::uint8_t{0x12}) == 0x12);
static_assert(byte_swapped(std::uint16_t{0x1234}) == 0x3412);
static_assert(byte_swapped(std::uint32_t{0x12345678}) == 0x78563412);
static_assert(byte_swapped(std::uint64_t{0x0123456789abcdef}) == 0xefcdab8967452301);

TEST_CASE("big_endian, little_endian: return the bytes in memory") {
  const std::uint32_t big = big_endian(std::uint32_t{0x01020304});
  CHECK(std::bit_cast<std::array<unsigned char, 4>>(big) == std::array<unsigned char, 4>{1, 2, 3, 4});
  const std::uint32_t little = little_endian(std::uint32_t{0x01020304});
  CHECK(std::bit_cast<std::array<unsigned char, 4>>(little) == std::array<unsigned char, 4>{4, 3, 2, 1});
}

TEST_CASE_TEMPLATE("swap_bytes: reverses each element, and applying it twice is the identity", T, bool,
                   std::int8_t, std::int16_t, std::uint32_t, std::int64_t, float, double) {
  std::array<std::byte, 5 * sizeof(T)> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = std::byte(i + 1);
  const auto before = bytes;
  swap_bytes(std::span(bytes), sizeof(T));
  for (std::size_t i = 0; i < 5; ++i) {
    for (std::size_t k = 0; k < sizeof(T); ++k) {
      CHECK(bytes[i * sizeof(T) + k] == before[i * sizeof(T) + sizeof(T) - 1 - k]);
    }
  }
  swap_bytes(std::span(bytes), sizeof(T));
  CHECK(bytes == before);
}

TEST_CASE("to_big_endian, to_little_endian: signalling NaNs keep their bits") {
  const std::array<std::uint32_t, 3> floats{0x7f800001, 0xffbfffff, 0x7fa12345};
  const std::array<std::uint64_t, 2> doubles{0x7ff0000000000001, 0xfff4dead'beef0001};
  std::array<float, 3> f;
  std::array<double, 2> d;
  std::memcpy(f.data(), floats.data(), sizeof f);
  std::memcpy(d.data(), doubles.data(), sizeof d);
  to_big_endian(std::span(f));
  to_big_endian(std::span(d));
  for (std::size_t i = 0; i < 3; ++i) {
    std::uint32_t bits;
    std::memcpy(&bits, &f[i], sizeof bits);
    CHECK(bits == big_endian(floats[i]));
  }
  to_big_endian(std::span(f));
  to_big_endian(std::span(d));
  to_little_endian(std::span(f));
  to_little_endian(std::span(f));
  CHECK(std::memcmp(f.data(), floats.data(), sizeof f) == 0);
  CHECK(std::memcmp(d.data(), doubles.data(), sizeof d) == 0);
}
