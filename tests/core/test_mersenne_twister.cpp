// SPDX-License-Identifier: MIT

#include <cstdint>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/mersenne_twister.hpp>

using gradus::MersenneTwister;

static_assert(std::uniform_random_bit_generator<MersenneTwister>);
static_assert(MersenneTwister::min() == 0 && MersenneTwister::max() == 0xffffffffu);

TEST_CASE("MersenneTwister: gives the numbers of std::mt19937, one by one and in bulk") {
  for (const std::uint32_t seed : {0u, 1u, 5489u, 4294967295u}) {
    std::mt19937 standard(seed);
    MersenneTwister single(seed);
    MersenneTwister bulk(seed);
    for (const std::size_t n : {1u, 600u, 23u, 0u, 624u, 2000u, 5u}) {
      std::vector<std::uint32_t> numbers(n);
      bulk.fill(numbers);
      for (const auto number : numbers) {
        REQUIRE(number == standard());
        REQUIRE(number == single());
      }
      CHECK(single == bulk);
    }
  }
}

TEST_CASE("MersenneTwister: continues from any saved state") {
  for (const int drawn : {0, 1, 623, 624, 625, 1248}) {
    CAPTURE(drawn);
    MersenneTwister twister(7);
    for (int i = 0; i < drawn; ++i) twister();
    MersenneTwister continued(twister.words(), twister.used());
    CHECK(continued == twister);
    CHECK(twister.used() <= MersenneTwister::word_count);
    for (int i = 0; i < 700; ++i) REQUIRE(continued() == twister());
    twister();
    CHECK_FALSE(continued == twister);
  }
}

TEST_CASE("MersenneTwister: discard skips numbers") {
  for (const std::uint64_t count : {0u, 1u, 623u, 624u, 625u, 2000u}) {
    gradus::MersenneTwister drawn(3), skipped(3);
    for (std::uint64_t i = 0; i < count; ++i) drawn();
    skipped.discard(count);
    CHECK(drawn() == skipped());
  }
}
