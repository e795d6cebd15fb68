// SPDX-License-Identifier: MIT

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/nn.hpp>

#include "../support/instruction_sets.hpp"

using namespace gradus;
using namespace gradus::nn;

namespace {

/// Returns the largest difference from `net.predict` over a few samples, relative to the largest output.
template <class S>
double error_of(const Sequential<S>& net, Index in) {
  Generator random(3);
  const Predictor<S> predict(net);
  double largest = 0, difference = 0;
  for (int i = 0; i < 5; ++i) {
    const auto x = Tensor<S>::randn(Shape{1, in}, random);
    const Tensor<S> expected = net.predict(x);
    std::vector<S> y(to_size(expected.size()));
    REQUIRE(predict(x.span(), y));
    for (Index j = 0; j < expected.size(); ++j) {
      largest = std::max(largest, std::abs(static_cast<double>(expected.data()[j])));
      difference = std::max(difference, std::abs(static_cast<double>(expected.data()[j] - y[to_size(j)])));
    }
  }
  return difference / largest;
}

}  // namespace

TEST_CASE_TEMPLATE(
    "Predictor: equals predict to 2e-6 of the largest output (4e-15 for double), with every activation", S,
    float, double) {
  const double bound = sizeof(S) == 4 ? 2e-6 : 4e-15;
  gradus::test::for_each_instruction_set([&] {
    Generator random(1);
    const auto check = [&](auto activation) {
      for (const auto& sizes : {std::array<Index, 3>{1, 16, 1}, {7, 33, 5}, {48, 128, 12}, {20, 600, 3}}) {
        const Index in = sizes[0], hidden = sizes[1], out = sizes[2];
        CAPTURE(hidden);
        CHECK(error_of(Sequential<S>{Linear<S>{in, hidden, random}, activation,
                                     Linear<S>{hidden, out, random}, activation},
                       in) < bound);
      }
    };
    check(Identity<S>{});
    check(ReLU<S>{});
    check(Sigmoid<S>{});
    check(Tanh<S>{});
    check(ELU<S>{0.7});
    check(LeakyReLU<S>{0.1});
    check(SiLU<S>{});
    check(GELU<S>{});
    check(GELU<S>{GELUForm::tanh});
    check(Softplus<S>{{.beta = 2}});
    check(Softmax<S>{});
    check(Clip<S>{-0.3, 0.2});
  });
}

TEST_CASE("Predictor: batch normalisation is folded") {
  Generator random(2);
  Sequential<float> net{BatchNorm1d<float>{5}, Linear<float>{5, 9, random}, BatchNorm1d<float>{9},
                        Tanh<float>{}, Linear<float>{9, 4, random}};
  for (int i = 0; i < 20; ++i) net.forward(Tensor<float>::randn(Shape{30, 5}, random));
  CHECK(error_of(net, 5) < 1e-6);
}

TEST_CASE("Predictor: a wrong length is refused and nothing is written") {
  const Predictor<float> predict(Sequential<float>{Linear<float>{3, 2}});
  CHECK(predict.in() == 3);
  CHECK(predict.out() == 2);
  std::vector<float> x(4, 1), y(3, -7);
  CHECK_FALSE(predict(x, std::span(y).first(2)));
  CHECK_FALSE(predict(std::span(x).first(3), y));
  CHECK_FALSE(predict(std::span<const float>{}, y));
  CHECK_FALSE(predict(x, y, 1));
  CHECK_FALSE(predict(x, y, -1));
  CHECK(y == std::vector<float>(3, -7));
  CHECK(predict(std::span<const float>{}, std::span<float>{}, 0));
  static_assert(noexcept(predict(x, y)));
}

TEST_CASE("Predictor: several samples give the same bits as one by one, and may be computed in place") {
  Generator random(3);
  const Sequential<float> net{Linear<float>{4, 40, random}, Tanh<float>{}, Linear<float>{40, 4, random}};
  const Predictor predict{net};
  const auto x = Tensor<float>::randn(Shape{5, 4}, random);
  std::vector<float> together(20), alone(4);
  REQUIRE(predict(x.span(), together, 5));
  for (std::size_t i = 0; i < 5; ++i) {
    std::vector<float> in_place(x.begin() + 4 * i, x.begin() + 4 * (i + 1));
    REQUIRE(predict(in_place, alone));
    REQUIRE(predict(in_place, in_place));
    CHECK(alone == std::vector<float>(together.begin() + 4 * static_cast<long>(i),
                                      together.begin() + 4 * static_cast<long>(i + 1)));
    CHECK(in_place == alone);
  }
}

TEST_CASE("Predictor: a copy is independent of the network and of the original") {
  Generator random(4);
  Sequential<float> net{Linear<float>{2, 3, random}};
  Predictor<float> first{net};
  const std::vector<float> x{1, 2};
  std::vector<float> expected(3), y(3);
  REQUIRE(first(x, expected));
  net[0].as<Linear>().weight.value.array().setZero();
  Predictor<float> second = first, third{Sequential<float>{Linear<float>{5, 5}}};
  third = second;
  first = Predictor<float>{net};
  second = std::move(first);
  REQUIRE(third(x, y));
  CHECK(y == expected);
  REQUIRE(second(x, y));
  CHECK(y != expected);
}

TEST_CASE("Predictor: NaN reaches the output, and infinity propagates correctly") {
  const Predictor<float> predict(
      Sequential<float>{Linear<float>{2, 20}, ReLU<float>{}, Linear<float>{20, 1}});
  std::vector<float> y(1);
  for (const float wild : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    REQUIRE(predict(std::vector<float>{0, wild}, y));
    CHECK_FALSE(std::isfinite(y[0]));
  }
}

TEST_CASE("Predictor: threads may call one predictor at the same time") {
  Generator random(5);
  const Sequential<float> net{Linear<float>{16, 64, random}, Tanh<float>{}, Linear<float>{64, 8, random}};
  const Predictor predict{net};
  const auto x = Tensor<float>::randn(Shape{2, 16}, random);
  std::vector<float> expected(16), found(16, -1);
  REQUIRE(predict(x.span(), expected, 2));
  const auto repeat = [&](std::size_t i) {
    for (int n = 0; n < 200; ++n) predict(x.span().subspan(16 * i, 16), std::span(found).subspan(8 * i, 8));
  };
  std::thread other(repeat, 0);
  repeat(1);
  other.join();
  CHECK(found == expected);
}

TEST_CASE_TEMPLATE("Predictor: categories select weights, and a value that is no category selects none", S,
                   float, double) {
  const double bound = sizeof(S) == 4 ? 2e-6 : 4e-15;
  const S nan = std::numeric_limits<S>::quiet_NaN(), infinity = std::numeric_limits<S>::infinity();
  gradus::test::for_each_instruction_set([&] {
    Generator random(6);
    for (const Index out : {1, 5, 33, 200}) {
      const Sequential<S> net{OneHot{5, {{1, 3}, {3, 2}, {4, 4}}},
                              Standardize{Tensor<S>::randn({30, 11}, random, 1, 2)},
                              Linear<S>{11, out, random}, Tanh{}, Linear<S>{out, 3, random}};
      const Predictor<S> predict(net);
      REQUIRE(predict.in() == 5);
      for (const S value : {S(0), S(-0.0), S(1), S(2), S(3), S(0.5), S(-1), S(1e30), nan, infinity}) {
        CAPTURE(value);
        const Tensor<S> x{{S(0.25), value, S(-3), S(1), value}};
        const Tensor<S> expected = net.predict(x);
        std::vector<S> y(3);
        REQUIRE(predict(x.span(), y));
        for (Index j = 0; j < 3; ++j)
          CHECK(std::abs(static_cast<double>(y[to_size(j)] - expected(0, j))) <= bound);
      }
    }
  });
}

TEST_CASE("Predictor: samples with categories are as long as the input of OneHot") {
  Generator random(7);
  const Sequential<float> net{OneHot{2, {{0, 3}}}, Linear{4, 2, random}};
  const Predictor<float> predict{net}, copy = predict;
  std::vector<float> y(4), longer(8, 1);
  CHECK_FALSE(predict(longer, y, 2));
  CHECK_FALSE(predict(std::span(longer).first(4), std::span(y).first(2)));
  const Tensor<float> x{{2, -1}, {7, 5}};
  REQUIRE(copy(x.span(), y, 2));
  const Tensor<float> expected = net.predict(x);
  for (Index i = 0; i < 4; ++i) CHECK(y[to_size(i)] == doctest::Approx(expected.data()[i]));
}

TEST_CASE("Predictor: calls of one that was moved from return false") {
  Generator random(1);
  Predictor<float> first(Sequential{Linear{3, 2, random}});
  const Predictor<float> second = std::move(first);
  const std::vector<float> x(3, 1.0f);
  std::vector<float> y(2), none;
  CHECK(second(x, y));
  CHECK_FALSE(first(x, y));
  CHECK_FALSE(first(x, none));
  CHECK_FALSE(first(x, none, 1));
  CHECK(first.out() == 0);
}
