// SPDX-License-Identifier: MIT

#include <cmath>

#include <doctest/doctest.h>

#include <gradus/nn.hpp>

using namespace gradus;

TEST_CASE("OneHot: replaces columns of categories and copies the others") {
  nn::Sequential<double> net{nn::OneHot{3, {{2, 2}, {0, 3}}}};
  const Tensor<double> x{{1, 7, 0}, {2, -8, 1}, {0, 0.5, 1}};
  CHECK(net.forward(x) == Tensor<double>{{0, 1, 0, 7, 1, 0}, {0, 0, 1, -8, 0, 1}, {1, 0, 0, 0.5, 0, 1}});
  CHECK(nn::OneHot<double>{3, {{2, 2}, {0, 3}}}(x) == net.predict(x));
  Tensor<double> dx(x.shape());
  Tensor<double> dy(Shape{3, 6});
  for (Index i = 0; i < dy.size(); ++i) dy.data()[i] = static_cast<double>(i);
  net.backward(dy, dx.view());
  CHECK(dx == Tensor<double>{{0, 3, 0}, {0, 9, 0}, {0, 15, 0}});
}

TEST_CASE("OneHot: a value that is no category has only zeros") {
  const nn::Sequential<float> net{nn::OneHot<float>{1, {{0, 2}}}};
  for (const float value : {-1.0f, 0.5f, 2.0f, 1e30f, std::nanf("")}) {
    CAPTURE(value);
    CHECK(net.predict(Tensor<float>{{value}}) == Tensor<float>{{0, 0}});
  }
}

TEST_CASE("OneHot: refuses columns that do not exist, and other inputs") {
  CHECK_THROWS_WITH_AS((nn::OneHot<float>{2, {{2, 3}}}),
                       "OneHot: column 2 has 3 categories, expected distinct columns in [0, 2) with 1 to "
                       "16777216 categories each",
                       ArgumentError);
  CHECK_THROWS_AS((nn::OneHot<float>{2, {{-1, 3}}}), ArgumentError);
  CHECK_THROWS_AS((nn::OneHot<float>{2, {{1, 0}}}), ArgumentError);
  CHECK_THROWS_AS((nn::OneHot<float>{2, {{1, nn::max_categories + 1}}}), ArgumentError);
  CHECK(nn::OneHot<float>{2, {{1, nn::max_categories}}}.out() == nn::max_categories + 1);
  CHECK_THROWS_AS((nn::OneHot<float>{2, {{1, 2}, {1, 2}}}), ArgumentError);
  CHECK_THROWS_AS((nn::OneHot<float>{2, {{0, 9'223'372'036'854'775'807}, {1, 9}}}), ArgumentError);
  const nn::Sequential<float> net{nn::OneHot<float>{2, {{1, 2}}}};
  CHECK_THROWS_WITH_AS(net.predict(Tensor<float>(Shape{4, 3})),
                       "Sequential: layer 0: OneHot: input has shape [4, 3], expected [N, 2]", ShapeError);
  CHECK(nn::OneHot<float>{2, {{1, 2}}}.name() == "OneHot(2 -> 3)");
}
