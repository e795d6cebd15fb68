// SPDX-License-Identifier: MIT

#include <string>

#include <doctest/doctest.h>

#include <gradus/optim/adagrad.hpp>
#include <gradus/optim/optimizer.hpp>

#include "noisy_quadratic.hpp"

namespace {

namespace pytorch = gradus::test::pytorch;
using gradus::ArgumentError;
using gradus::Tensor;
using gradus::optim::Adagrad;
using gradus::optim::AdagradOptions;
using gradus::test::check_walk;
using gradus::test::NoisyQuadratic;

static_assert(gradus::optim::Optimizer<Adagrad<float>> && gradus::optim::Optimizer<Adagrad<double>>);

TEST_CASE("Adagrad: 200 steps equal PyTorch's") {
  check_walk<Adagrad>(AdagradOptions{.learning_rate = 0.1}, pytorch::adagrad);
  check_walk<Adagrad>(AdagradOptions{.learning_rate = 0.5,
                                     .learning_rate_decay = 0.01,
                                     .weight_decay = 0.1,
                                     .initial_accumulator_value = 0.5,
                                     .epsilon = 1e-3},
                      pytorch::adagrad_options);
}

TEST_CASE("Adagrad: the accumulator starts at its initial value") {
  NoisyQuadratic problem;
  Adagrad adagrad{problem.biases(), {.initial_accumulator_value = 0.5}};
  adagrad.visit_state([](const std::string& name, Tensor<double>& sum) {
    CHECK(name == "0.sum");
    CHECK(sum == Tensor<double>::full({7}, 0.5));
  });
}

TEST_CASE("Adagrad: refuses settings outside their domain") {
  NoisyQuadratic problem;
  CHECK_THROWS_WITH_AS((Adagrad{problem.parameters(), {.learning_rate_decay = -1}}),
                       "Adagrad: learning_rate_decay is -1, expected a finite number >= 0", ArgumentError);
  CHECK_THROWS_AS((Adagrad{problem.parameters(), {.learning_rate = -1}}), ArgumentError);
  CHECK_THROWS_AS((Adagrad{problem.parameters(), {.weight_decay = -1}}), ArgumentError);
  CHECK_THROWS_AS((Adagrad{problem.parameters(), {.initial_accumulator_value = -1}}), ArgumentError);
  CHECK_THROWS_AS((Adagrad{problem.parameters(), {.epsilon = -1}}), ArgumentError);
}

}  // namespace
