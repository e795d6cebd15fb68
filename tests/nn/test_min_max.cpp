// SPDX-License-Identifier: MIT

#include <cmath>

#include <doctest/doctest.h>

#include <gradus/nn.hpp>

using namespace gradus;

namespace {

const Tensor<double> data{{1, 10, 5}, {2, 20, 5}, {3, 30, 5}};

}  // namespace

TEST_CASE("MinMax: maps each feature to a range") {
  const nn::MinMax min_max{data};
  CHECK(min_max(data) == Tensor<double>{{0, 0, 0}, {0.5, 0.5, 0}, {1, 1, 0}});
  CHECK(min_max(Tensor<double>{{5, 0, 6}}) == Tensor<double>{{2, -0.5, 1}});
  CHECK(nn::MinMax{data, -1, 1}(data) == Tensor<double>{{-1, -1, -1}, {0, 0, -1}, {1, 1, -1}});
  CHECK_THROWS_WITH_AS((nn::MinMax{data, 1, 1}), "MinMax: low is 1 and high is 1, expected low < high",
                       ArgumentError);
}

TEST_CASE("MinMax: inverse undoes it, and cast keeps the constants") {
  const nn::MinMax min_max{data, -1, 1};
  const Tensor<double> again = min_max.inverse()(min_max(data));
  for (Index i = 0; i < data.size(); ++i) CHECK(again.data()[i] == doctest::Approx(data.data()[i]));
  CHECK(min_max.cast<float>().scale == Tensor<float>{1, 10, 1});
  CHECK(min_max.name() == "MinMax(3)");
}
