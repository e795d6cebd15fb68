// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/box_muller.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/mersenne_twister.hpp>

namespace gradus {

namespace detail {

[[noreturn]] inline void throw_interval(double from, double to) {
  throw ArgumentError("uniform: interval is [" + format_shortest(from) + ", " + format_shortest(to) +
                      "), expected finite bounds with from <= to and a difference that fits in the type");
}
[[noreturn]] inline void throw_deviation(double deviation) {
  throw ArgumentError("normal: standard deviation is " + format_shortest(deviation) +
                      ", expected a finite number >= 0");
}
[[noreturn]] inline void throw_probability(double p) {
  throw ArgumentError("bernoulli: probability is " + format_shortest(p) + ", expected a number in [0, 1]");
}
[[noreturn]] inline void throw_count(const char* operation, Index n, Index least) {
  throw ArgumentError(std::string(operation) + ": n is " + std::to_string(n) + ", expected at least " +
                      std::to_string(least));
}
[[noreturn]] inline void throw_size(const char* operation, Index n, std::size_t most) {
  throw ArgumentError(std::string(operation) + ": n is " + std::to_string(n) + ", expected at most " +
                      std::to_string(most));
}
[[noreturn]] inline void throw_generator_state(const std::string& complaint) {
  throw ArgumentError("Generator::set_state: state has " + complaint);
}

}  // namespace detail

/// The random generator of gradus: a value that is passed explicitly; there is no global generator. Its
/// numbers depend only on the seed and the order of the calls, not on the compiler, flags or standard
/// library. They match PyTorch's CPU generator after `torch.manual_seed(seed)`: uniform numbers, Bernoulli
/// masks, integers and permutations bit for bit, normal numbers to 1e-6 (float) or 1e-12 (double). PyTorch
/// builds differ in two cases: with MKL on Intel processors, Bernoulli masks (and so dropout) come from
/// another generator, and on processors without FMA, uniform numbers outside [0, 1) are rounded differently.
///
/// A call that throws draws nothing.
class Generator {
 public:
  using result_type = std::uint32_t;  ///< 32 random bits
  /// The twister's 624 words, how many are used, whether a normal number is kept, and its two halves.
  using State = std::array<std::uint32_t, MersenneTwister::word_count + 4>;

  /// Starts in the state after `torch.manual_seed(seed)`, which uses the lower 32 bits.
  explicit Generator(std::uint64_t seed = 0) : engine_(static_cast<std::uint32_t>(seed & 0xffffffffu)) {}

  static constexpr result_type min() { return MersenneTwister::min(); }  ///< smallest number
  static constexpr result_type max() { return MersenneTwister::max(); }  ///< largest number

  /// Returns 32 random bits. With `min` and `max`, this makes a standard UniformRandomBitGenerator.
  result_type operator()() { return engine_(); }
  /// Returns 32 random bits.
  std::uint32_t next() { return engine_(); }

  /// Returns 64 random bits from two draws; the first becomes the upper half.
  std::uint64_t next64() {
    const std::uint32_t high = engine_();
    return join(high, engine_());
  }

  /// Returns a number in [from, to), as `torch.empty(1).uniform_(from, to)`: one draw for float, two for
  /// double. Except on [0, 1), rounding can produce `to`. Throws ArgumentError if from > to.
  template <std::floating_point Scalar = float>
  Scalar uniform(double from = 0, double to = 1) {
    Scalar number;
    fill_uniform(std::span<Scalar>(&number, 1), from, to);
    return number;
  }

  /// Fills `out` as `tensor.uniform_(from, to)`.
  template <std::floating_point Scalar>
  void fill_uniform(std::span<Scalar> out, double from = 0, double to = 1);

  /// Returns a normal number, as `torch.empty(1).normal_(mean, deviation)`. Numbers are drawn in pairs; the
  /// second is kept for the next call. Throws ArgumentError if deviation < 0.
  template <std::floating_point Scalar = float>
  Scalar normal(double mean = 0, double deviation = 1) {
    Scalar number;
    fill_normal(std::span<Scalar>(&number, 1), mean, deviation);
    return number;
  }

  /// Fills `out` as `tensor.normal_(mean, deviation)`.
  template <std::floating_point Scalar>
  void fill_normal(std::span<Scalar> out, double mean = 0, double deviation = 1);

  /// Returns true with probability p. Throws ArgumentError if p is outside [0, 1].
  bool bernoulli(double p) {
    const std::uint64_t threshold = bernoulli_threshold(p);
    return fraction_bits<double>(next64()) < threshold;
  }

  /// Sets each element of `mask` to 1 with probability p, otherwise to 0, as `tensor.bernoulli_(p)`.
  /// Dropout's mask of kept elements is `bernoulli_(1 - p)`.
  template <class T>
  void fill_bernoulli(std::span<T> mask, double p);

  /// Skips `count` numbers that fill_bernoulli would draw. Takes a fifth of the time that drawing them does.
  void discard_bernoulli(Index count) { engine_.discard(2 * static_cast<std::uint64_t>(count)); }

  /// Returns an integer in [0, n), as `torch.randint(n, (1,))`: one draw for n < 2^28, otherwise two (as in
  /// PyTorch 2; older versions switch at 2^32). Throws ArgumentError if n < 1.
  Index below(Index n) {
    if (n < 1) detail::throw_count("below", n, 1);
    return static_cast<Index>(remainder(static_cast<std::uint64_t>(n), std::uint64_t{1} << 28));
  }

  /// Shuffles the elements (Fisher-Yates). Shuffling 0, 1, ..., n-1 gives `torch.randperm(n)` for n up to
  /// 214,748,363.
  template <class T>
  void shuffle(std::span<T> elements);

  /// Returns 0 to n-1 in the order of `torch.randperm(n)`. Throws ArgumentError if n < 0 or if no vector can
  /// hold n numbers.
  std::vector<Index> permutation(Index n) {
    std::vector<Index> order;
    if (n < 0) detail::throw_count("permutation", n, 0);
    if (to_size(n) > order.max_size()) detail::throw_size("permutation", n, order.max_size());
    order.resize(to_size(n));
    permutation(std::span<Index>(order));
    return order;
  }
  /// Writes 0 to n-1 in the order of `torch.randperm(n)`, where n is the size of `order`.
  void permutation(std::span<Index> order) {
    Index i = 0;
    for (Index& element : order) element = i++;
    shuffle(order);
  }

  /// Returns everything that determines the future numbers, to be stored in a checkpoint.
  State state() const;

  /// Continues exactly where the generator with this `state()` was. Throws ArgumentError, and changes
  /// nothing, if the words are not a valid state.
  void set_state(std::span<const std::uint32_t> state);

  /// Returns whether both generators will produce the same numbers.
  friend bool operator==(const Generator&, const Generator&) = default;

 private:
  // The words per call to the engine; they fit in the L1 cache.
  static constexpr std::size_t chunk_words = 1024;
  static constexpr std::size_t normal_block = 16;

  static constexpr std::uint64_t join(std::uint32_t high, std::uint32_t low) {
    return (std::uint64_t{high} << 32) | low;
  }

  // The low bits that the type's significand holds: 24 for float, 53 for double.
  template <class Scalar, class Bits>
  static constexpr Bits fraction_bits(Bits bits) {
    return bits & ((Bits{1} << std::numeric_limits<Scalar>::digits) - 1);
  }

  // A number in [0, 1): the low bits of one or two words as a multiple of 2^-24 or 2^-53. Converts through
  // signed integers, for which processors have an instruction.
  template <class Scalar>
  static Scalar fraction(const std::uint32_t* words) {
    constexpr Scalar unit = std::numeric_limits<Scalar>::epsilon() / 2;
    if constexpr (std::numeric_limits<Scalar>::digits <= 32) {
      return static_cast<Scalar>(static_cast<std::int32_t>(fraction_bits<Scalar>(words[0]))) * unit;
    } else {
      const std::uint64_t bits = fraction_bits<Scalar>(join(words[0], words[1]));
      return static_cast<Scalar>(static_cast<std::int64_t>(bits)) * unit;
    }
  }

  // The integer t such that k / 2^53 < p exactly when k < t.
  static std::uint64_t bernoulli_threshold(double p) {
    if (!(p >= 0 && p <= 1)) detail::throw_probability(p);
    return static_cast<std::uint64_t>(std::ceil(p * 0x1p53));
  }

  std::uint64_t remainder(std::uint64_t n, std::uint64_t first_64_bit_range) {
    return n < first_64_bit_range ? engine_() % static_cast<std::uint32_t>(n) : next64() % n;
  }

  template <class Use>
  void for_each_chunk(std::size_t count, std::size_t words_each, const Use& use);

  double next_normal();

  template <class Scalar>
  static void transform_to_normal(std::span<Scalar, normal_block> block, double mean, double deviation);

  MersenneTwister engine_;
  bool has_kept_normal_ = false;
  double kept_normal_ = 0;
};

// Calls use(first, words, n) for elements first to first + n - 1, with `words_each` new words per element.
template <class Use>
void Generator::for_each_chunk(std::size_t count, std::size_t words_each, const Use& use) {
  std::array<std::uint32_t, chunk_words> words;
  const std::size_t chunk = chunk_words / words_each;
  for (std::size_t first = 0; first < count; first += chunk) {
    const std::size_t n = std::min(chunk, count - first);
    engine_.fill(std::span(words).first(n * words_each));
    use(first, words.data(), n);
  }
}

template <std::floating_point Scalar>
void Generator::fill_uniform(std::span<Scalar> out, double from, double to) {
  const auto low = static_cast<Scalar>(from);
  const Scalar length = static_cast<Scalar>(to) - low;
  if (!(from <= to && std::isfinite(length))) detail::throw_interval(from, to);
  const bool standard = low == 0 && length == 1;

  constexpr std::size_t words_each = std::numeric_limits<Scalar>::digits <= 32 ? 1 : 2;
  for_each_chunk(out.size(), words_each, [=](std::size_t first, const std::uint32_t* words, std::size_t n) {
    Scalar* const x = out.data() + first;
    for (std::size_t i = 0; i < n; ++i) x[i] = fraction<Scalar>(words + words_each * i);
    if (standard) return;
    // The fused multiply-add is explicit because compilers differ in whether they fuse a product and a sum;
    // PyTorch's is fused on every x86 processor with AVX2.
    for (std::size_t i = 0; i < n; ++i) x[i] = std::fma(x[i], length, low);
  });
}

// PyTorch pairs each number of a block of 16 with the one 8 places later and rounds the angle to the type.
template <class Scalar>
void Generator::transform_to_normal(std::span<Scalar, normal_block> block, double mean, double deviation) {
  constexpr std::size_t half = normal_block / 2;
  std::array<double, half> first;
  std::array<double, half> second;
  for (std::size_t i = 0; i < half; ++i) {
    first[i] = block[i];
    second[i] = 2 * std::numbers::pi_v<Scalar> * block[i + half];
  }
  detail::box_muller(first, second);
  for (std::size_t i = 0; i < half; ++i) {
    block[i] = static_cast<Scalar>(std::fma(first[i], deviation, mean));
    block[i + half] = static_cast<Scalar>(std::fma(second[i], deviation, mean));
  }
}

// PyTorch draws the angle before the radius here.
inline double Generator::next_normal() {
  if (std::exchange(has_kept_normal_, false)) return std::exchange(kept_normal_, 0);
  std::array second{2 * std::numbers::pi * uniform<double>()};
  std::array first{uniform<double>()};
  detail::box_muller(first, second);
  has_kept_normal_ = true;
  kept_normal_ = second[0];
  return first[0];
}

template <std::floating_point Scalar>
void Generator::fill_normal(std::span<Scalar> out, double mean, double deviation) {
  if (!(deviation >= 0 && std::isfinite(deviation))) detail::throw_deviation(deviation);
  if (out.size() < normal_block) {
    for (Scalar& number : out) number = static_cast<Scalar>(std::fma(next_normal(), deviation, mean));
    return;
  }
  fill_uniform(out);
  auto rest = out;
  for (; rest.size() >= normal_block; rest = rest.subspan(normal_block)) {
    transform_to_normal(rest.template first<normal_block>(), mean, deviation);
  }
  if (rest.empty()) return;
  // The last, partial block is replaced by a full block of new numbers that ends at the end of `out`.
  const auto end = out.template last<normal_block>();
  fill_uniform(std::span<Scalar>(end));
  transform_to_normal(end, mean, deviation);
}

template <class T>
void Generator::fill_bernoulli(std::span<T> mask, double p) {
  const std::uint64_t threshold = bernoulli_threshold(p);
  for_each_chunk(mask.size(), 2, [=](std::size_t first, const std::uint32_t* words, std::size_t n) {
    T* const kept = mask.data() + first;
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint64_t bits = fraction_bits<double>(join(words[2 * i], words[2 * i + 1]));
      kept[i] = static_cast<T>(static_cast<std::int32_t>((bits - threshold) >> 63));  // bits < threshold
    }
  });
}

template <class T>
void Generator::shuffle(std::span<T> elements) {
  // Above this size, the remainder of a 32-bit number would noticeably favour some orders.
  constexpr std::uint64_t first_64_bit_size = std::numeric_limits<std::uint32_t>::max() / 20;
  const std::uint64_t n = elements.size();
  const std::uint64_t first_64_bit_range = n < first_64_bit_size ? first_64_bit_size : 0;
  for (std::uint64_t i = 0; i + 1 < n; ++i) {
    const std::uint64_t other = i + remainder(n - i, first_64_bit_range);
    std::swap(elements[static_cast<std::size_t>(i)], elements[static_cast<std::size_t>(other)]);
  }
}

inline Generator::State Generator::state() const {
  State state{};
  auto* rest = std::copy(engine_.words().begin(), engine_.words().end(), state.data());
  const auto kept = std::bit_cast<std::uint64_t>(kept_normal_);
  rest[0] = static_cast<std::uint32_t>(engine_.used());
  rest[1] = has_kept_normal_ ? 1 : 0;
  rest[2] = static_cast<std::uint32_t>(kept >> 32);
  rest[3] = static_cast<std::uint32_t>(kept & 0xffffffffu);
  return state;
}

inline void Generator::set_state(std::span<const std::uint32_t> state) {
  if (state.size() != State{}.size()) {
    detail::throw_generator_state(std::to_string(state.size()) + " words, expected " +
                                  std::to_string(State{}.size()));
  }
  MersenneTwister::Words words;
  std::copy_n(state.begin(), words.size(), words.begin());
  const auto rest = state.subspan(words.size());
  const auto kept = std::bit_cast<double>(join(rest[2], rest[3]));
  if (rest[0] > words.size()) {
    detail::throw_generator_state(std::to_string(rest[0]) + " words used, expected at most " +
                                  std::to_string(words.size()));
  }
  if (rest[1] > 1 || !std::isfinite(kept) || (rest[1] == 0 && kept != 0)) {
    detail::throw_generator_state("an invalid kept normal number");
  }
  // The twister never enters the state whose 19937 bits are all zero, and could never leave it.
  std::uint32_t any = words[0] & 0x80000000u;
  for (std::size_t i = 1; i < words.size(); ++i) any |= words[i];
  if (any == 0) detail::throw_generator_state("only zeros, expected at least one non-zero word");

  engine_ = MersenneTwister(words, rest[0]);
  has_kept_normal_ = rest[1] == 1;
  kept_normal_ = kept;
}

}  // namespace gradus
