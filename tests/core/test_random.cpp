// SPDX-License-Identifier: MIT

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>

namespace {

using gradus::Generator;
using gradus::Index;

struct UniformReference {
  std::uint64_t seed;
  std::size_t count;
  double from, to;
  std::uint64_t of_floats, of_doubles;
};
struct CountReference {
  std::uint64_t seed;
  Index n;
  std::uint64_t of_integers;
};
struct BernoulliReference {
  std::uint64_t seed;
  std::size_t count;
  double p;
  std::uint64_t of_mask;
};
struct LinearReference {
  std::uint64_t seed;
  std::size_t inputs, outputs;
  std::uint64_t weight_of_floats, bias_of_floats, weight_of_doubles, bias_of_doubles;
};

#include "../reference/random.inc"

template <class T>
std::uint64_t bits(T value) {
  if constexpr (std::is_same_v<T, float>) return std::bit_cast<std::uint32_t>(value);
  if constexpr (std::is_same_v<T, double>) return std::bit_cast<std::uint64_t>(value);
  if constexpr (std::is_integral_v<T>) return static_cast<std::uint64_t>(value);
}

// Returns the FNV-1a hash, computed word by word, as in make_random.py.
template <class Range>
std::uint64_t fingerprint(const Range& values) {
  std::uint64_t result = 0xcbf29ce484222325u;
  for (const auto value : values) result = (result ^ bits(value)) * 0x100000001b3u;
  return result;
}

template <class Scalar>
std::vector<Scalar> uniform(Generator& generator, std::size_t n, double from = 0, double to = 1) {
  std::vector<Scalar> x(n);
  generator.fill_uniform(std::span(x), from, to);
  return x;
}

template <class Scalar>
std::vector<Scalar> normal(Generator& generator, std::size_t n, double mean = 0, double deviation = 1) {
  std::vector<Scalar> x(n);
  generator.fill_normal(std::span(x), mean, deviation);
  return x;
}

template <class Scalar>
constexpr double normal_tolerance = std::is_same_v<Scalar, float> ? 1e-6 : 1e-12;

template <class Scalar>
void check_near(std::span<const Scalar> got, std::span<const Scalar> expected, double scale = 1) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double difference = std::abs(static_cast<double>(got[i]) - static_cast<double>(expected[i]));
    CHECK_MESSAGE(difference <= scale * normal_tolerance<Scalar>, "element ", i);
  }
}

struct Moments {
  double mean, deviation;
};

template <class Scalar>
Moments moments(const std::vector<Scalar>& x) {
  double sum = 0;
  double squares = 0;
  for (const auto value : x) {
    sum += static_cast<double>(value);
    squares += static_cast<double>(value) * static_cast<double>(value);
  }
  const auto n = static_cast<double>(x.size());
  return {sum / n, std::sqrt(squares / n - sum / n * sum / n)};
}

}  // namespace

TEST_CASE("Generator: the first numbers of seed 0 are those that torch.rand(4) prints") {
  Generator generator(0);
  CHECK(generator.uniform() == doctest::Approx(0.4963).epsilon(1e-4));
  CHECK(generator.uniform() == doctest::Approx(0.7682).epsilon(1e-4));
  CHECK(generator.uniform() == doctest::Approx(0.0885).epsilon(1e-3));
  CHECK(generator.uniform() == doctest::Approx(0.1320).epsilon(1e-3));
}

TEST_CASE("Generator: uniform numbers equal PyTorch's, bit for bit") {
  for (const auto& reference : uniform_references) {
    CAPTURE(reference.seed);
    CAPTURE(reference.count);
    CAPTURE(reference.from);
    Generator floats(reference.seed);
    Generator doubles(reference.seed);
    CHECK(fingerprint(uniform<float>(floats, reference.count, reference.from, reference.to)) ==
          reference.of_floats);
    CHECK(fingerprint(uniform<double>(doubles, reference.count, reference.from, reference.to)) ==
          reference.of_doubles);
  }
}

TEST_CASE("Generator: permutations equal PyTorch's") {
  for (const auto& reference : permutation_references) {
    CAPTURE(reference.n);
    CHECK(fingerprint(Generator(reference.seed).permutation(reference.n)) == reference.of_integers);
  }
}

TEST_CASE("Generator: integers equal PyTorch's") {
  for (const auto& reference : integer_references) {
    CAPTURE(reference.n);
    Generator generator(reference.seed);
    std::vector<Index> drawn(100);
    for (auto& number : drawn) number = generator.below(reference.n);
    CHECK(fingerprint(drawn) == reference.of_integers);
  }
}

TEST_CASE_TEMPLATE("Generator: Bernoulli masks equal PyTorch's", Mask, bool, std::uint8_t, float, double) {
  for (const auto& reference : bernoulli_references) {
    CAPTURE(reference.count);
    CAPTURE(reference.p);
    Generator generator(reference.seed);
    const auto mask = std::make_unique<Mask[]>(reference.count);
    generator.fill_bernoulli(std::span(mask.get(), reference.count), reference.p);
    std::vector<std::uint8_t> integers(mask.get(), mask.get() + reference.count);
    CHECK(fingerprint(integers) == reference.of_mask);

    Generator single(reference.seed);
    for (auto& integer : integers) integer = single.bernoulli(reference.p) ? 1 : 0;
    CHECK(fingerprint(integers) == reference.of_mask);
    CHECK(single == generator);
  }
}

TEST_CASE_TEMPLATE("Linear: the default initialisation equals PyTorch's, bit for bit", Scalar, float,
                   double) {
  constexpr bool is_float = std::is_same_v<Scalar, float>;
  for (const auto& reference : linear_references) {
    CAPTURE(reference.inputs);
    Generator generator(reference.seed);
    // kaiming_uniform_(a = sqrt(5)) computes its bound in this order; gain^2 = 2 / (1 + 5).
    const double root = std::sqrt(static_cast<double>(reference.inputs));
    const double bound = std::sqrt(3.0) * (std::sqrt(2.0 / 6.000000000000001) / root);
    const double bias_bound = 1 / root;
    CHECK(fingerprint(uniform<Scalar>(generator, reference.inputs * reference.outputs, -bound, bound)) ==
          (is_float ? reference.weight_of_floats : reference.weight_of_doubles));
    CHECK(fingerprint(uniform<Scalar>(generator, reference.outputs, -bias_bound, bias_bound)) ==
          (is_float ? reference.bias_of_floats : reference.bias_of_doubles));
  }
}

TEST_CASE_TEMPLATE("Generator: normal numbers equal PyTorch's except for the last digits", Scalar, float,
                   double) {
  struct Case {
    std::size_t count;
    double mean, deviation;
  };
  const Case cases[] = {{1, 0, 1}, {15, 1.5, 0.01}, {16, 0, 1}, {17, -2, 3}, {31, 0, 0.01}, {100, 0, 1}};
  std::span<const Scalar> expected;
  if constexpr (std::is_same_v<Scalar, float>) {
    expected = normal_float_references;
  } else {
    expected = normal_double_references;
  }
  std::uint64_t seed = 0;
  for (const auto& c : cases) {
    CAPTURE(c.count);
    Generator generator(seed++);
    auto x = normal<Scalar>(generator, c.count, c.mean, c.deviation);
    if (c.count > 40) x.erase(x.begin() + 20, x.end() - 20);
    check_near<Scalar>(x, expected.first(x.size()), std::max(1.0, std::abs(c.mean) + c.deviation));
    expected = expected.subspan(x.size());
  }
  CHECK(expected.empty());
}

TEST_CASE("Generator: normal numbers are bit-identical with every compiler, flag and C library") {
  Generator generator(1);
  CHECK(fingerprint(normal<float>(generator, 1001, 1, 0.1)) == 6110848001362714171u);
  CHECK(fingerprint(normal<double>(generator, 1001, 1, 0.1)) == 3823521541147130054u);
  CHECK(fingerprint(normal<double>(generator, 15)) == 14566839840050560409u);
}

TEST_CASE_TEMPLATE("Generator: a sequence of different calls stays in step with PyTorch", Scalar, float,
                   double) {
  std::span<const Scalar> expected;
  if constexpr (std::is_same_v<Scalar, float>) {
    expected = mixed_float_references;
  } else {
    expected = mixed_double_references;
  }
  Generator generator(99);
  std::vector<Scalar> drawn;
  const auto append = [&drawn](const auto& values) {
    for (const auto value : values) drawn.push_back(static_cast<Scalar>(value));
  };
  append(uniform<Scalar>(generator, 5));
  append(generator.permutation(7));
  append(normal<Scalar>(generator, 3));
  append(normal<Scalar>(generator, 20));
  for (int i = 0; i < 9; ++i) drawn.push_back(generator.bernoulli(0.3) ? Scalar(1) : Scalar(0));
  drawn.push_back(generator.normal<Scalar>());
  for (int i = 0; i < 4; ++i) drawn.push_back(static_cast<Scalar>(generator.below(10)));
  const auto many = uniform<Scalar>(generator, 700);
  append(std::span(many).last(3));
  append(normal<Scalar>(generator, 2));
  drawn.push_back(generator.uniform<Scalar>());
  check_near<Scalar>(drawn, expected);
}

TEST_CASE("Generator: numbers drawn one at a time equal those of one call") {
  Generator together(3);
  Generator apart(3);
  for (const float number : uniform<float>(together, 3000, -2, 5)) {
    REQUIRE(bits(number) == bits(apart.uniform(-2, 5)));
  }
  for (const double number : uniform<double>(together, 3000, -2, 5)) {
    REQUIRE(bits(number) == bits(apart.uniform<double>(-2, 5)));
  }
  CHECK(together == apart);
}

TEST_CASE("Generator: copies and comparisons have value semantics") {
  Generator a(7);
  a.normal();
  Generator b = a;
  CHECK(a == b);
  CHECK(a.next() == b.next());
  CHECK(a.normal() == b.normal());
  CHECK(a == b);
  b.next();
  CHECK(a != b);
  CHECK(Generator(7) == Generator(7));
  CHECK(Generator(7) != Generator(8));
  CHECK(Generator(7) == Generator((std::uint64_t{1} << 32) + 7));
}

TEST_CASE("Generator: a restored state continues bit for bit") {
  Generator original(11);
  uniform<float>(original, 1000);
  original.normal();  // the second number of the pair is part of the state
  const auto state = original.state();
  Generator restored;
  restored.set_state(state);
  CHECK(restored == original);
  CHECK(restored.normal<double>() == original.normal<double>());
  CHECK(restored.permutation(100) == original.permutation(100));
  CHECK(restored.state() == original.state());
}

TEST_CASE("Generator: an invalid state is refused completely") {
  Generator generator(1);
  const Generator before = generator;
  auto state = generator.state();
  CHECK_THROWS_WITH_AS(generator.set_state(std::span(state).first(10)),
                       "Generator::set_state: state has 10 words, expected 628", gradus::ArgumentError);
  state[624] = 625;
  CHECK_THROWS_WITH_AS(generator.set_state(state),
                       "Generator::set_state: state has 625 words used, expected at most 624",
                       gradus::ArgumentError);
  state[624] = 624;
  state[625] = 2;
  CHECK_THROWS_AS(generator.set_state(state), gradus::ArgumentError);
  CHECK_THROWS_WITH_AS(generator.set_state(Generator::State{}),
                       "Generator::set_state: state has only zeros, expected at least one non-zero word",
                       gradus::ArgumentError);
  CHECK(generator == before);
}

TEST_CASE("Generator: empty requests draw nothing") {
  Generator generator(5);
  generator.fill_uniform(std::span<float>());
  generator.fill_normal(std::span<double>());
  generator.fill_bernoulli(std::span<bool>(), 0.5);
  CHECK(generator.permutation(0).empty());
  CHECK(generator.permutation(1) == std::vector<Index>{0});
  CHECK(generator == Generator(5));
}

TEST_CASE("Generator: arguments outside their domain throw and draw nothing") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Generator generator(5);
  std::vector<float> x(20);
  CHECK_THROWS_WITH_AS(generator.fill_uniform(std::span(x), 2, 1),
                       "uniform: interval is [2, 1), expected finite bounds with from <= to and a difference "
                       "that fits in the type",
                       gradus::ArgumentError);
  CHECK_THROWS_AS(generator.fill_uniform(std::span(x), nan, 1), gradus::ArgumentError);
  CHECK_THROWS_AS(generator.fill_uniform(std::span(x), 0, infinity), gradus::ArgumentError);
  CHECK_THROWS_AS(generator.fill_uniform(std::span(x), -3e38, 3e38), gradus::ArgumentError);
  CHECK_THROWS_WITH_AS(generator.fill_normal(std::span(x), 0, -1),
                       "normal: standard deviation is -1, expected a finite number >= 0",
                       gradus::ArgumentError);
  CHECK_THROWS_AS(generator.fill_normal(std::span(x), 0, nan), gradus::ArgumentError);
  CHECK_THROWS_WITH_AS(generator.bernoulli(1.5), "bernoulli: probability is 1.5, expected a number in [0, 1]",
                       gradus::ArgumentError);
  CHECK_THROWS_AS(generator.fill_bernoulli(std::span(x), -0.1), gradus::ArgumentError);
  CHECK_THROWS_WITH_AS(generator.bernoulli(1 + 1e-12),
                       doctest::Contains("probability is 1.000000000001, expected"), gradus::ArgumentError);
  CHECK_THROWS_AS(generator.bernoulli(nan), gradus::ArgumentError);
  CHECK_THROWS_WITH_AS(generator.below(0), "below: n is 0, expected at least 1", gradus::ArgumentError);
  CHECK_THROWS_WITH_AS(generator.permutation(-1), "permutation: n is -1, expected at least 0",
                       gradus::ArgumentError);
  CHECK_THROWS_AS(generator.permutation(std::numeric_limits<Index>::max()), gradus::ArgumentError);
  CHECK(generator == Generator(5));
}

TEST_CASE("Generator: the limiting cases of the distributions are exact") {
  Generator generator(6);
  for (const float number : uniform<float>(generator, 100, 3, 3)) CHECK(number == 3);
  for (const float number : normal<float>(generator, 100, 3, 0)) CHECK(number == 3);
  for (int i = 0; i < 1000; ++i) {
    CHECK(generator.bernoulli(1));
    CHECK_FALSE(generator.bernoulli(0));
    CHECK_FALSE(generator.bernoulli(std::numeric_limits<double>::denorm_min()));
    CHECK(generator.below(1) == 0);
    const Index large = generator.below(std::numeric_limits<Index>::max());
    CHECK(large >= 0);
  }
}

// Five standard errors give one false alarm in a million seeds, and the seed is fixed.
TEST_CASE_TEMPLATE("Generator: samples have the moments of their distribution", Scalar, float, double) {
  constexpr std::size_t n = 100'000;
  const double error = 1 / std::sqrt(static_cast<double>(n));
  Generator generator(12);

  const auto u = uniform<Scalar>(generator, n, -1, 3);
  const double uniform_deviation = 4 / std::sqrt(12.0);
  CHECK(std::abs(moments(u).mean - 1) < 5 * uniform_deviation * error);
  CHECK(std::abs(moments(u).deviation - uniform_deviation) < 5 * uniform_deviation * error);
  CHECK(*std::min_element(u.begin(), u.end()) >= -1);
  CHECK(*std::max_element(u.begin(), u.end()) <= 3);

  const auto g = normal<Scalar>(generator, n, 2, 0.5);
  CHECK(std::abs(moments(g).mean - 2) < 5 * 0.5 * error);
  CHECK(std::abs(moments(g).deviation - 0.5) < 5 * 0.5 * error / std::sqrt(2.0));
  const auto within =
      std::count_if(g.begin(), g.end(), [](Scalar x) { return std::abs(static_cast<double>(x) - 2) < 0.5; });
  CHECK(std::abs(static_cast<double>(within) * error * error - 0.682689) < 5 * 0.4655 * error);
  double neighbours = 0;
  for (std::size_t i = 1; i < n; ++i) {
    neighbours += (static_cast<double>(g[i]) - 2) * (static_cast<double>(g[i - 1]) - 2) / 0.25;
  }
  CHECK(std::abs(neighbours * error * error) < 5 * error);

  std::vector<std::uint8_t> mask(n);
  generator.fill_bernoulli(std::span(mask), 0.3);
  CHECK(std::abs(moments(mask).mean - 0.3) < 5 * std::sqrt(0.3 * 0.7) * error);
}

TEST_CASE("Generator: a permutation is a bijection, and all orders are equally likely") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    auto order = Generator(seed).permutation(static_cast<Index>(seed));
    std::sort(order.begin(), order.end());
    for (std::size_t i = 0; i < order.size(); ++i) REQUIRE(order[i] == static_cast<Index>(i));
  }
  std::vector<int> count(27);
  Generator generator(1);
  for (int i = 0; i < 60'000; ++i) {
    const auto order = generator.permutation(3);
    ++count[static_cast<std::size_t>(order[0] * 9 + order[1] * 3 + order[2])];
  }
  CHECK(std::count_if(count.begin(), count.end(), [](int c) { return std::abs(c - 10'000) < 5 * 92; }) == 6);
}

TEST_CASE("Generator: shuffle moves elements of any type as permutation moves indices") {
  std::vector<std::string> words{"uno", "due", "tre", "quattro"};
  Generator(4).shuffle(std::span(words));
  const auto order = Generator(4).permutation(4);
  const std::vector<std::string> expected{"uno", "due", "tre", "quattro"};
  for (std::size_t i = 0; i < 4; ++i) CHECK(words[i] == expected[static_cast<std::size_t>(order[i])]);
}

TEST_CASE("Generator: works with the distributions of the standard library") {
  static_assert(std::uniform_random_bit_generator<Generator>);
  Generator generator(2);
  std::vector<int> x(10);
  std::iota(x.begin(), x.end(), 0);
  std::shuffle(x.begin(), x.end(), generator);
  CHECK(std::accumulate(x.begin(), x.end(), 0) == 45);
  Generator a(9);
  Generator b(9);
  const std::uint64_t high = a.next();
  CHECK(b.next64() == ((high << 32) | a()));
}

TEST_CASE("Generator: discard_bernoulli continues after numbers that were not drawn") {
  for (const gradus::Index count : {0, 1, 311, 312, 313, 5000}) {
    gradus::Generator drawn(9), skipped(9);
    std::vector<float> mask(static_cast<std::size_t>(count));
    drawn.fill_bernoulli(std::span<float>(mask), 0.3);
    skipped.discard_bernoulli(count);
    CHECK(drawn == skipped);
  }
}
