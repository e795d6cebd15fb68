// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <gradus/nn.hpp>

using namespace gradus;

TEST_CASE("Clip: limits each element and stops the gradient outside the limits") {
  nn::Sequential<double> net{nn::Clip{-1, 2}};
  const Tensor<double> x{{-3, -1, 0.5, 2, 4}};
  CHECK(net.forward(x) == Tensor<double>{{-1, -1, 0.5, 2, 2}});
  Tensor<double> dx(x.shape());
  net.backward(Tensor<double>{{1, 2, 3, 4, 5}}, dx.view());
  CHECK(dx == Tensor<double>{{0, 2, 3, 4, 0}});
}

TEST_CASE("Clip: keeps NaN and clips infinities") {
  const nn::Sequential<float> net{nn::Clip{-1, 2}};
  const float infinity = std::numeric_limits<float>::infinity();
  const Tensor<float> y = net.predict(Tensor<float>{{infinity, -infinity, std::nanf("")}});
  CHECK(y(0, 0) == 2);
  CHECK(y(0, 1) == -1);
  CHECK(std::isnan(y(0, 2)));
}

TEST_CASE("Clip: refuses limits in the wrong order") {
  CHECK_THROWS_WITH_AS(nn::Clip<float>(2, 1), "Clip: low is 2 and high is 1, expected low <= high",
                       ArgumentError);
  CHECK_THROWS_AS(nn::Clip<float>(std::nan(""), 1), ArgumentError);
  CHECK(nn::Clip<float>(-5, 5).name() == "Clip(-5, 5)");
}
