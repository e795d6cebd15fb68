// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/nn.hpp>

using namespace gradus;

TEST_CASE("find_feature_scaling: finds the constants of both scalers") {
  const Tensor<float> x{{0, 10}, {2, 30}};
  const nn::Sequential<float> net{nn::Standardize{x}, nn::MinMax{x}, nn::ReLU{}};
  REQUIRE(nn::find_feature_scaling(net[0]) != nullptr);
  CHECK(nn::find_feature_scaling(net[0])->offset == Tensor<float>{1, 20});
  REQUIRE(nn::find_feature_scaling(net[1]) != nullptr);
  CHECK(nn::find_feature_scaling(net[1])->offset == Tensor<float>{0, 10});
  CHECK(nn::find_feature_scaling(net[2]) == nullptr);
}

TEST_CASE_TEMPLATE("Predictor: includes the scalers of its network", S, float, double) {
  Generator random(1);
  const auto x = Tensor<S>::randn({20, 4}, random, 100, 30);
  const nn::Standardize targets{Tensor<S>::randn({20, 2}, random, 5, 3)};
  nn::Sequential<S> net{nn::Standardize{x}, nn::Linear<S>{4, 8, random},
                        nn::Tanh{},         nn::Linear<S>{8, 2, random},
                        targets.inverse(),  nn::MinMax{Tensor<S>::randn({9, 2}, random)}};
  const nn::Predictor<S> predict{net};
  const Tensor<S> expected = net.predict(x);
  for (Index i = 0; i < 20; ++i) {
    Tensor<S> y(Shape{2});
    REQUIRE(predict(x[i].span(), y.span()));
    for (Index j = 0; j < 2; ++j)
      CHECK(y(j) == doctest::Approx(expected(i, j)).epsilon(sizeof(S) == 4 ? 1e-5 : 1e-13));
  }
}
