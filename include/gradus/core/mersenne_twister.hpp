// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include <gradus/core/fast_math.hpp>

namespace gradus {

/// The 32-bit Mersenne Twister MT19937 (Matsumoto and Nishimura, ACM TOMACS 8, 1998). Produces the sequence
/// of `std::mt19937`, and adds access to the state and a bulk `fill` that compilers vectorise.
class MersenneTwister {
 public:
  using result_type = std::uint32_t;                    ///< 32 random bits
  static constexpr std::size_t word_count = 624;        ///< words of state
  using Words = std::array<std::uint32_t, word_count>;  ///< the state

  /// Starts the sequence of `std::mt19937(seed)`.
  explicit MersenneTwister(std::uint32_t seed = 5489) {
    words_[0] = seed;
    for (std::size_t i = 1; i < word_count; ++i) {
      const std::uint32_t previous = words_[i - 1];
      words_[i] = 1812433253u * (previous ^ (previous >> 30)) + static_cast<std::uint32_t>(i);
    }
  }

  /// Continues from another engine's state: its words and how many of them it has used, at most 624.
  MersenneTwister(const Words& words, std::size_t used) : words_(words), used_(used) {}

  static constexpr result_type min() { return 0; }  ///< smallest number
  /// Returns the largest number.
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

  /// Returns the next number.
  result_type operator()() {
    if (used_ == word_count) twist();
    return temper(words_[used_++]);
  }

  /// Writes the next `out.size()` numbers.
  void fill(std::span<result_type> out) {
    std::size_t done = 0;
    while (done < out.size()) {
      if (used_ == word_count) twist();
      const std::size_t count = std::min(out.size() - done, word_count - used_);
      const std::uint32_t* const from = words_.data() + used_;
      result_type* const to = out.data() + done;
      for (std::size_t i = 0; i < count; ++i) to[i] = temper(from[i]);
      used_ += count;
      done += count;
    }
  }

  /// Skips the next `count` numbers.
  void discard(std::uint64_t count) {
    while (count > 0) {
      if (used_ == word_count) twist();
      const std::size_t skipped =
          static_cast<std::size_t>(std::min<std::uint64_t>(count, word_count - used_));
      used_ += skipped;
      count -= skipped;
    }
  }

  /// Returns the state, to be passed to the constructor.
  const Words& words() const { return words_; }
  /// Returns how many words of the state have been used.
  std::size_t used() const { return used_; }

  /// Returns whether both engines will produce the same numbers.
  friend bool operator==(const MersenneTwister&, const MersenneTwister&) = default;

 private:
  static constexpr std::size_t shift = 397;

  static constexpr std::uint32_t mix(std::uint32_t high, std::uint32_t low) {
    const std::uint32_t joined = (high & 0x80000000u) | (low & 0x7fffffffu);
    return (joined >> 1) ^ ((0u - (low & 1u)) & 0x9908b0dfu);
  }

  static constexpr std::uint32_t temper(std::uint32_t x) {
    x ^= x >> 11;
    x ^= (x << 7) & 0x9d2c5680u;
    x ^= (x << 15) & 0xefc60000u;
    return x ^ (x >> 18);
  }

  // Two loops and a last step instead of one loop with indices modulo 624, so that no iteration depends on
  // the few before it and the loops vectorise.
  void twist() {
    std::uint32_t* const x = words_.data();
    for (std::size_t i = 0; i < word_count - shift; ++i) x[i] = x[i + shift] ^ mix(x[i], x[i + 1]);
    for (std::size_t i = word_count - shift; i < word_count - 1; ++i) {
      x[i] = x[i - (word_count - shift)] ^ mix(x[i], x[i + 1]);
    }
    x[word_count - 1] = x[shift - 1] ^ mix(x[word_count - 1], x[0]);
    used_ = 0;
  }

  Words words_;
  std::size_t used_ = word_count;
};

}  // namespace gradus
