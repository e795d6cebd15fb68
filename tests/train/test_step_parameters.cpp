// SPDX-License-Identifier: MIT

#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/nn/freeze.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train/step_parameters.hpp>

#include "toy_problems.hpp"

using gradus::detail::StepParameters;
namespace nn = gradus::nn;
namespace optim = gradus::optim;

TEST_CASE("StepParameters: updates the optimiser's parameters and zeroes the gradients of the others") {
  auto net = gradus::test::small_network();
  const auto all = net.named_parameters();
  const optim::SGD<float> head{{all[2], all[3]}, {.learning_rate = 0.1}};
  StepParameters<float> parameters;
  parameters.find(net, head);
  REQUIRE(parameters.moved().size() == 2);
  CHECK(parameters.moved()[0].name == "2.weight");
  CHECK(parameters.moved()[1].name == "2.bias");
  for (const auto& parameter : all) parameter->grad().fill(1);
  parameters.zero_others();
  CHECK(all[0]->grad().array().abs().maxCoeff() == 0);
  CHECK(all[1]->grad().array().abs().maxCoeff() == 0);
  CHECK(all[2]->grad().array().minCoeff() == 1);
}

TEST_CASE("StepParameters: an optimiser that cannot train anything is refused") {
  auto net = gradus::test::small_network();
  auto copy = net;
  const optim::SGD<float> sgd{net.named_parameters(), {.learning_rate = 0.1}};
  StepParameters<float> parameters;
  CHECK_THROWS_AS(parameters.find(copy, sgd), gradus::StateError);
  nn::freeze(net);
  CHECK_THROWS_WITH_AS(parameters.find(net, sgd),
                       "Trainer: all 4 parameters that the optimiser holds are frozen, expected at least one "
                       "trainable parameter",
                       gradus::StateError);
  nn::unfreeze(net, [](const auto& p) { return p.name == "2.bias"; });
  CHECK_NOTHROW(parameters.find(net, sgd));
}

TEST_CASE("StepParameters: an optimiser that does not list its parameters is assumed to hold all") {
  struct Opaque {};
  auto net = gradus::test::small_network();
  StepParameters<float> parameters;
  parameters.find(net, Opaque{});
  CHECK(parameters.moved().size() == 4);
}
