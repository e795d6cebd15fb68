// SPDX-License-Identifier: MIT

#include <span>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/nn.hpp>

#include "../support/instruction_sets.hpp"

using namespace gradus;
using namespace gradus::nn;

TEST_CASE("StaticPredictor: gives the same bits as a Predictor") {
  gradus::test::for_each_instruction_set([] {
    Generator random(1);
    const Sequential<float> net{Linear<float>{7, 50, random}, ELU<float>{0.3}, Linear<float>{50, 19, random},
                                Linear<float>{19, 3, random}, Sigmoid<float>{}};
    const StaticPredictor<7, 50, Activation::elu, 19, 3, Activation::sigmoid> fixed(net);
    const Predictor<float> dynamic(net);
    const auto copy = fixed;
    for (int i = 0; i < 5; ++i) {
      const auto x = Tensor<float>::randn(Shape{7}, random);
      std::vector<float> expected(3), y(3), z(3);
      REQUIRE(dynamic(x.span(), expected));
      REQUIRE(fixed(x.span(), y));
      REQUIRE(copy(x.span(), z));
      CHECK(y == expected);
      CHECK(z == expected);
    }
  });
}

TEST_CASE("StaticPredictor: doubles, and a single layer") {
  Generator random(2);
  const Sequential<double> net{Linear<double>{3, 2, random}};
  const BasicStaticPredictor<double, 3, 2> predict(net);
  const auto x = Tensor<double>::randn(Shape{1, 3}, random);
  std::vector<double> y(2);
  REQUIRE(predict(x.span(), y));
  const Tensor<double> expected = net.predict(x);
  for (Index j = 0; j < 2; ++j) CHECK(y[to_size(j)] == doctest::Approx(expected.data()[j]).epsilon(1e-14));
}

TEST_CASE("StaticPredictor: a wrong length is refused and nothing is written") {
  const StaticPredictor<3, 2> predict(Sequential<float>{Linear<float>{3, 2}});
  static_assert(predict.in() == 3);
  static_assert(predict.out() == 2);
  std::vector<float> x(4, 1), y(3, -7);
  CHECK_FALSE(predict(x, std::span(y).first(2)));
  CHECK_FALSE(predict(std::span(x).first(3), y));
  CHECK(y == std::vector<float>(3, -7));
}

TEST_CASE("StaticPredictor: a network that does not match the type is refused") {
  const Linear<float> linear{3, 2};
  CHECK_THROWS_WITH((StaticPredictor<3, 2>(Sequential<float>{linear, Linear<float>{2, 2}})),
                    "StaticPredictor: got 2 layers, expected 1");
  CHECK_THROWS_WITH((StaticPredictor<4, 2>(Sequential<float>{linear})),
                    "StaticPredictor: got 3 inputs, expected 4");
  CHECK_THROWS_WITH((StaticPredictor<3, 1>(Sequential<float>{linear})),
                    "StaticPredictor: got 2 outputs, expected 1");
  CHECK_THROWS_WITH((StaticPredictor<3, 2>(Sequential<float>{linear, ReLU<float>{}})),
                    "StaticPredictor: layer 0 has a different activation from the one in the type");
  CHECK_THROWS_WITH(
      (StaticPredictor<4, 2>(Sequential<float>{OneHot{3, {{0, 2}}}, Linear<float>{4, 2}})),
      "StaticPredictor: layer 0 has columns of categories, expected none; Predictor supports them");
}
