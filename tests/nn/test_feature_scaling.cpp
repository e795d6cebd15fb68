// SPDX-License-Identifier: MIT

#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/nn.hpp>

using namespace gradus;

TEST_CASE("FeatureScaling: changes nothing until its constants are loaded") {
  nn::Sequential<float> net{nn::Standardize<float>{2}, nn::MinMax<float>{2}};
  const Tensor<float> x{{1, 2}, {3, 4}};
  CHECK(net.predict(x) == x);
  std::vector<std::string_view> names;
  net[0].as<nn::Standardize>().visit_buffers([&](std::string_view name, Tensor<float>& tensor) {
    names.push_back(name);
    tensor.fill(2);
  });
  CHECK(names == std::vector<std::string_view>{"offset", "scale"});
  CHECK(net.predict(x) == Tensor<float>{{-0.5, 0}, {0.5, 1}});
}

TEST_CASE("FeatureScaling: scales the last axis, whatever the leading axes") {
  const nn::Standardize standardize{Tensor<float>{{0, 10}, {2, 30}}};
  CHECK(standardize(Tensor<float>{2, 30}) == Tensor<float>{1, 1});
  CHECK(standardize(Tensor<float>(Shape{2, 3, 2})).shape() == Shape{2, 3, 2});
  CHECK_THROWS_AS(standardize(Tensor<float>(Shape{2, 3})), ShapeError);
  CHECK_THROWS_AS(standardize(Tensor<float>(Shape{})), ShapeError);
}
