// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/optim/adam.hpp>
#include <gradus/optim/optimizer.hpp>

#include "noisy_quadratic.hpp"

namespace {

namespace pytorch = gradus::test::pytorch;
using gradus::ArgumentError;
using gradus::Index;
using gradus::Tensor;
using gradus::nn::Parameter;
using gradus::optim::Adam;
using gradus::optim::AdamOptions;
using gradus::test::check_walk;
using gradus::test::NoisyQuadratic;

static_assert(gradus::optim::Optimizer<Adam<float>> && gradus::optim::Optimizer<Adam<double>>);

TEST_CASE("Adam: 200 steps equal PyTorch's") {
  check_walk<Adam>(AdamOptions{.learning_rate = 0.01}, pytorch::adam);
  check_walk<Adam>(
      AdamOptions{.learning_rate = 0.02, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3, .weight_decay = 0.1},
      pytorch::adam_options);
  check_walk<Adam>(AdamOptions{.learning_rate = 0.01, .beta2 = 0.9, .amsgrad = true}, pytorch::adam_amsgrad);
}

TEST_CASE("Adam: groups with different settings equal PyTorch's") {
  NoisyQuadratic problem;
  Adam optimizer{problem.weights(), {.learning_rate = 0.01, .weight_decay = 0.1}};
  optimizer.add_group(problem.biases(), {.learning_rate = 0.02, .beta1 = 0.5, .beta2 = 0.9});
  check_walk(problem, optimizer, pytorch::adam_groups);
}

// The first step is the sign of the gradient times the rate, whatever the size of the gradient.
TEST_CASE_TEMPLATE("Adam: the length of the first step is the learning rate", T, float, double) {
  Parameter<T> parameter{Tensor<T>{0, 0, 0, 0}};
  Adam<T> adam{{{"w", &parameter}}, {.learning_rate = 0.5, .epsilon = 0}};
  parameter.grad() = Tensor<T>{T(1e-3), 2, -500, T(1e4)};
  adam.step();
  CHECK(allclose(parameter.value, Tensor<T>{T(-0.5), T(-0.5), T(0.5), T(-0.5)}, T(1e-5)));
}

TEST_CASE("Adam: the step count is that of the first group, also after another group is added") {
  NoisyQuadratic problem;
  Adam adam{problem.weights(), {.learning_rate = 0.1}};
  adam.step();
  adam.add_group(problem.biases(), {.learning_rate = 0.1});
  CHECK(adam.step_count() == 1);
  adam.step();
  CHECK(adam.step_count() == 2);
}

TEST_CASE("Adam: the state has PyTorch's names, in the order of the parameters") {
  NoisyQuadratic problem;
  std::vector<std::string> names;
  const auto remember = [&](const std::string& name, Tensor<double>&) { names.push_back(name); };
  Adam{problem.parameters()}.visit_state(remember);
  CHECK(names == std::vector<std::string>{"0.exp_avg", "0.exp_avg_sq", "1.exp_avg", "1.exp_avg_sq"});
  names.clear();
  Adam{problem.biases(), {.amsgrad = true}}.visit_state(remember);
  CHECK(names == std::vector<std::string>{"0.exp_avg", "0.exp_avg_sq", "0.max_exp_avg_sq"});
}

TEST_CASE("Adam: momentum is beta1") {
  NoisyQuadratic problem;
  Adam adam{problem.parameters()};
  adam.set_momentum(0.8);
  CHECK(adam.options().beta1 == 0.8);
  CHECK(adam.options().beta2 == 0.999);
}

TEST_CASE("Adam: a non-finite gradient shows in the weight") {
  for (const bool amsgrad : {false, true}) {
    for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
      NoisyQuadratic problem;
      Adam adam{problem.parameters(), {.amsgrad = amsgrad}};
      problem.weight.grad().data()[700] = bad;
      adam.step();
      CHECK(std::isnan(problem.weight.value.data()[700]));
      CHECK((problem.weight.value.array().isNaN().count()) == 1);
    }
  }
}

TEST_CASE("Adam: refuses settings outside their domain") {
  NoisyQuadratic problem;
  CHECK_THROWS_WITH_AS((Adam{problem.parameters(), {.beta1 = 1}}),
                       "Adam: beta1 is 1, expected a number in [0, 1)", ArgumentError);
  CHECK_THROWS_AS((Adam{problem.parameters(), {.beta2 = -0.1}}), ArgumentError);
  CHECK_THROWS_AS((Adam{problem.parameters(), {.learning_rate = -1}}), ArgumentError);
  CHECK_THROWS_AS((Adam{problem.parameters(), {.epsilon = -1}}), ArgumentError);
  CHECK_THROWS_AS((Adam{problem.parameters(), {.weight_decay = -1}}), ArgumentError);
}

}  // namespace
