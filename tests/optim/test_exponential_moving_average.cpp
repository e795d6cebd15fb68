// SPDX-License-Identifier: MIT

#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/optim/exponential_moving_average.hpp>

namespace {

using gradus::ArgumentError;
using gradus::ShapeError;
using gradus::StateError;
using gradus::Tensor;
using gradus::nn::NamedBuffer;
using gradus::nn::NamedParameter;
using gradus::nn::Parameter;
using gradus::optim::ExponentialMovingAverage;

struct Weight {
  Parameter<double> parameter{Tensor<double>{1, -2}};
  std::vector<NamedParameter<double>> parameters() { return {{"weight", &parameter}}; }
};

TEST_CASE("ExponentialMovingAverage: equals the closed form of the recursion") {
  Weight weight;
  ExponentialMovingAverage average{weight.parameters(), {.decay = 0.75}};
  weight.parameter.value = Tensor<double>{0, 2};
  for (int t = 0; t < 3; ++t) average.update();
  const double kept = 0.75 * 0.75 * 0.75;
  {
    const auto averaged = average.use();
    CHECK(allclose(weight.parameter.value, Tensor<double>{kept, 2 - 4 * kept}, 1e-15, 0.));
  }
  CHECK(weight.parameter.value == Tensor<double>{0, 2});
  CHECK(average.update_count() == 3);
}

TEST_CASE("ExponentialMovingAverage: starts at the weights, and forgets them faster with a ramp-up") {
  Weight weight;
  ExponentialMovingAverage average{weight.parameters(), {.decay = 0.999, .ramp_up = true}};
  average.swap();
  CHECK(weight.parameter.value == Tensor<double>{1, -2});
  average.swap();
  weight.parameter.value = Tensor<double>{0, 0};
  average.update();
  average.swap();
  CHECK(allclose(weight.parameter.value, Tensor<double>{2 / 11., -4 / 11.}, 1e-15, 0.));
}

TEST_CASE("ExponentialMovingAverage: the weights are restored when an exception leaves the block") {
  Weight weight;
  ExponentialMovingAverage average{weight.parameters(), {.decay = 1}};
  weight.parameter.value = Tensor<double>{5, 6};
  try {
    const auto averaged = average.use();
    CHECK(weight.parameter.value == Tensor<double>{1, -2});
    CHECK_THROWS_AS(average.update(), StateError);
    CHECK_THROWS_AS(static_cast<void>(average.use()), StateError);
    throw StateError("evaluation failed");
  } catch (const StateError&) {
  }
  CHECK(weight.parameter.value == Tensor<double>{5, 6});
}

TEST_CASE("ExponentialMovingAverage: also averages the given buffers") {
  Weight weight;
  Tensor<double> mean{4};
  const std::vector<NamedBuffer<double>> buffers{{"running_mean", &mean}};
  ExponentialMovingAverage average{weight.parameters(), buffers, {.decay = 0.5}};
  mean = Tensor<double>{8};
  average.update();
  average.swap();
  CHECK(mean == Tensor<double>{6});
}

TEST_CASE("ExponentialMovingAverage: visit_state gives the averages by name, swapped or not") {
  Weight weight;
  ExponentialMovingAverage average{weight.parameters(), {.decay = 0.5}};
  weight.parameter.value = Tensor<double>{3, 0};
  average.update();
  const auto check = [](const std::string& name, Tensor<double>& tensor) {
    CHECK(name == "weight");
    CHECK(tensor == Tensor<double>{2, -1});
  };
  average.visit_state(check);
  average.swap();
  average.visit_state(check);
}

TEST_CASE("ExponentialMovingAverage: refuses a decay outside [0, 1] and a weight of another shape") {
  Weight weight;
  CHECK_THROWS_WITH_AS((ExponentialMovingAverage{weight.parameters(), {.decay = 1.5}}),
                       "ExponentialMovingAverage: decay is 1.5, expected a number in [0, 1]", ArgumentError);
  ExponentialMovingAverage average{weight.parameters()};
  weight.parameter.value = Tensor<double>{1, 2, 3};
  CHECK_THROWS_WITH_AS(average.update(), "ExponentialMovingAverage: 'weight' has shape [3], expected [2]",
                       ShapeError);
}

TEST_CASE("ExponentialMovingAverage: negative update counts, and counts at the limit, are refused") {
  Weight weight;
  ExponentialMovingAverage average{weight.parameters(), {.ramp_up = true}};
  const gradus::Index most = std::numeric_limits<gradus::Index>::max();
  for (const gradus::Index count : {gradus::Index{-10}, most}) {
    CHECK_THROWS_AS(average.set_update_count(count), ArgumentError);
  }
  average.set_update_count(most - 1);
  average.update();
  CHECK_THROWS_AS(average.update(), ArgumentError);
  CHECK(average.update_count() == most);
}

}  // namespace
