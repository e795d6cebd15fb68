// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/optim/adamw.hpp>
#include <gradus/optim/optimizer.hpp>

#include "noisy_quadratic.hpp"

namespace {

namespace pytorch = gradus::test::pytorch;
using gradus::ArgumentError;
using gradus::optim::AdamW;
using gradus::optim::AdamWOptions;
using gradus::test::check_walk;
using gradus::test::NoisyQuadratic;

static_assert(gradus::optim::Optimizer<AdamW<float>> && gradus::optim::Optimizer<AdamW<double>>);

TEST_CASE("AdamW: 200 steps equal PyTorch's") {
  check_walk<AdamW>(AdamWOptions{.learning_rate = 0.01}, pytorch::adamw);
  check_walk<AdamW>(AdamWOptions{.learning_rate = 0.02,
                                 .beta1 = 0.8,
                                 .beta2 = 0.95,
                                 .epsilon = 1e-3,
                                 .weight_decay = 0.5,
                                 .amsgrad = true},
                    pytorch::adamw_options);
}

TEST_CASE("AdamW: without a gradient, weights shrink by the learning rate times the decay") {
  NoisyQuadratic problem;
  const gradus::Tensor<double> before = problem.bias.value;
  AdamW adamw{problem.parameters(), {.learning_rate = 0.5, .weight_decay = 0.5}};
  adamw.step();
  CHECK((problem.bias.value.array() == 0.75 * before.array()).all());
}

TEST_CASE("AdamW: refuses settings outside their domain") {
  NoisyQuadratic problem;
  CHECK_THROWS_WITH_AS((AdamW{problem.parameters(), {.beta2 = 1.5}}),
                       "AdamW: beta2 is 1.5, expected a number in [0, 1)", ArgumentError);
  CHECK_THROWS_AS((AdamW{problem.parameters(), {.weight_decay = -1}}), ArgumentError);
}

}  // namespace
