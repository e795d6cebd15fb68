// SPDX-License-Identifier: MIT

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/optim/optimizer.hpp>
#include <gradus/optim/rmsprop.hpp>

#include "noisy_quadratic.hpp"

namespace {

namespace pytorch = gradus::test::pytorch;
using gradus::ArgumentError;
using gradus::Tensor;
using gradus::optim::RMSprop;
using gradus::optim::RMSpropOptions;
using gradus::test::check_walk;
using gradus::test::NoisyQuadratic;

static_assert(gradus::optim::Optimizer<RMSprop<float>> && gradus::optim::Optimizer<RMSprop<double>>);

TEST_CASE("RMSprop: 200 steps equal PyTorch's") {
  check_walk<RMSprop>(RMSpropOptions{.learning_rate = 0.01}, pytorch::rmsprop);
  check_walk<RMSprop>(
      RMSpropOptions{
          .learning_rate = 0.002, .alpha = 0.9, .epsilon = 1e-3, .weight_decay = 0.1, .momentum = 0.9},
      pytorch::rmsprop_momentum);
  check_walk<RMSprop>(RMSpropOptions{.learning_rate = 0.005, .centered = true}, pytorch::rmsprop_centered);
  check_walk<RMSprop>(
      RMSpropOptions{.learning_rate = 0.001, .weight_decay = 0.01, .momentum = 0.5, .centered = true},
      pytorch::rmsprop_all);
}

TEST_CASE("RMSprop: keeps only the state that its settings need") {
  NoisyQuadratic problem;
  std::vector<std::string> names;
  const auto remember = [&](const std::string& name, Tensor<double>&) { names.push_back(name); };
  RMSprop{problem.biases()}.visit_state(remember);
  CHECK(names == std::vector<std::string>{"0.square_avg"});
  names.clear();
  RMSprop{problem.biases(), {.momentum = 0.5, .centered = true}}.visit_state(remember);
  CHECK(names == std::vector<std::string>{"0.square_avg", "0.grad_avg", "0.momentum_buffer"});
}

TEST_CASE("RMSprop: refuses settings outside their domain") {
  NoisyQuadratic problem;
  CHECK_THROWS_WITH_AS((RMSprop{problem.parameters(), {.alpha = 1}}),
                       "RMSprop: alpha is 1, expected a number in [0, 1)", ArgumentError);
  CHECK_THROWS_AS((RMSprop{problem.parameters(), {.learning_rate = -1}}), ArgumentError);
  CHECK_THROWS_AS((RMSprop{problem.parameters(), {.epsilon = -1}}), ArgumentError);
  CHECK_THROWS_AS((RMSprop{problem.parameters(), {.weight_decay = -1}}), ArgumentError);
  CHECK_THROWS_AS((RMSprop{problem.parameters(), {.momentum = -1}}), ArgumentError);
}

}  // namespace
