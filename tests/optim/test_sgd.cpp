// SPDX-License-Identifier: MIT

#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/nn/linear.hpp>
#include <gradus/nn/relu.hpp>
#include <gradus/nn/sequential.hpp>
#include <gradus/optim/optimizer.hpp>
#include <gradus/optim/sgd.hpp>

#include "../support/comma_locale.hpp"
#include "noisy_quadratic.hpp"

namespace {

namespace pytorch = gradus::test::pytorch;
using gradus::ArgumentError;
using gradus::Index;
using gradus::IndexError;
using gradus::Shape;
using gradus::ShapeError;
using gradus::Tensor;
using gradus::nn::NamedParameter;
using gradus::nn::Parameter;
using gradus::optim::has_rank_above_one;
using gradus::optim::ParameterGroup;
using gradus::optim::SGD;
using gradus::optim::SGDOptions;
using gradus::optim::split_parameters;
using gradus::test::check_walk;
using gradus::test::NoisyQuadratic;

static_assert(gradus::optim::Optimizer<SGD<float>> && gradus::optim::Optimizer<SGD<double>>);

TEST_CASE("SGD: 200 steps equal PyTorch's") {
  check_walk<SGD>(SGDOptions{.learning_rate = 0.1}, pytorch::sgd);
  check_walk<SGD>(SGDOptions{.learning_rate = 0.1, .weight_decay = 0.01}, pytorch::sgd_weight_decay);
  check_walk<SGD>(SGDOptions{.learning_rate = 0.05, .momentum = 0.9, .weight_decay = 0.01},
                  pytorch::sgd_momentum);
  check_walk<SGD>(SGDOptions{.learning_rate = 0.05, .momentum = 0.9, .dampening = 0.25},
                  pytorch::sgd_dampening);
  check_walk<SGD>(SGDOptions{.learning_rate = 0.05, .momentum = 0.9, .weight_decay = 0.001, .nesterov = true},
                  pytorch::sgd_nesterov);
}

TEST_CASE("SGD: groups with different settings equal PyTorch's") {
  const SGDOptions of_weights{.learning_rate = 0.05, .momentum = 0.8, .weight_decay = 0.1};
  const SGDOptions of_biases{.learning_rate = 0.2};
  {
    NoisyQuadratic problem;
    SGD<double> optimizer{{{problem.weights(), of_weights}, {problem.biases(), of_biases}}};
    CHECK(optimizer.group_count() == 2);
    check_walk(problem, optimizer, pytorch::sgd_groups);
  }
  {
    NoisyQuadratic problem;
    SGD optimizer{problem.weights(), of_weights};
    optimizer.add_group(problem.biases(), of_biases);
    check_walk(problem, optimizer, pytorch::sgd_groups);
  }
}

TEST_CASE("SGD: deduces its scalar type from a network's parameters") {
  gradus::nn::Sequential net{gradus::nn::Linear{2, 3}, gradus::nn::ReLU{}, gradus::nn::Linear{3, 1}};
  SGD sgd{net.named_parameters(), {.learning_rate = 0.25}};
  static_assert(std::is_same_v<decltype(sgd), SGD<float>>);
  SGD plain{net.named_parameters()};
  CHECK(sgd.learning_rate() == 0.25);
  CHECK(plain.learning_rate() == 0.1);

  const auto [weights, biases] = split_parameters(net.named_parameters(), has_rank_above_one);
  REQUIRE(weights.size() == 2);
  REQUIRE(biases.size() == 2);
  CHECK(weights[1].name == "2.weight");
  CHECK(biases[0].name == "0.bias");
}

TEST_CASE_TEMPLATE("SGD: a step updates the weights, clears the gradients and changes nothing else", T, float,
                   double) {
  Parameter<T> parameter{Tensor<T>{1, 2, 4}};
  SGD<T> sgd{{{"w", &parameter}}, {.learning_rate = 0.5}};
  parameter.grad() = Tensor<T>{2, -4, 0};
  sgd.step();
  CHECK(parameter.value == Tensor<T>{0, 4, 4});
  CHECK(parameter.grad() == Tensor<T>{0, 0, 0});
  sgd.step();
  CHECK(parameter.value == Tensor<T>{0, 4, 4});
  CHECK(sgd.step_count() == 2);

  parameter.grad().fill(1);
  sgd.zero_grad();
  CHECK(parameter.grad() == Tensor<T>{0, 0, 0});
}

TEST_CASE("SGD: every element is updated once, for sizes around a chunk") {
  for (const Index size : {0, 1, 7, 511, 512, 513, 1023, 1024, 1025, 5000}) {
    CAPTURE(size);
    Parameter<float> parameter{Tensor<float>(Shape{size})};
    SGD<float> sgd{{{"w", &parameter}}, {.learning_rate = 1, .momentum = 0.5}};
    for (Index i = 0; i < size; ++i) parameter.grad().data()[i] = static_cast<float>(i);
    sgd.step();
    sgd.step();
    for (Index i = 0; i < size; ++i) REQUIRE(parameter.value.data()[i] == -1.5f * static_cast<float>(i));
  }
}

TEST_CASE("SGD: learning rates can be read and set per group") {
  NoisyQuadratic problem;
  SGD sgd{problem.weights(), {.learning_rate = 0.5}};
  sgd.add_group(problem.biases(), {.learning_rate = 0.25});
  CHECK(sgd.learning_rate(1) == 0.25);
  sgd.set_learning_rate(1, 0.125);
  CHECK(sgd.learning_rate() == 0.5);
  CHECK(sgd.learning_rate(1) == 0.125);
  sgd.set_learning_rate(1.0);
  CHECK(sgd.learning_rate(0) == 1);
  CHECK(sgd.learning_rate(1) == 1);
  CHECK_THROWS_WITH_AS(sgd.learning_rate(2), "SGD: group is 2, expected one in [0, 2)", IndexError);
  CHECK_THROWS_AS(sgd.set_learning_rate(-1, 0.1), IndexError);
  CHECK_THROWS_AS(sgd.set_learning_rate(-0.1), ArgumentError);
  CHECK(sgd.learning_rate() == 1);
}

TEST_CASE("SGD: momentum can be changed later only if it was enabled") {
  NoisyQuadratic problem;
  SGD sgd{problem.parameters(), {.momentum = 0.5}};
  sgd.set_momentum(0);
  sgd.set_momentum(0.75);
  CHECK(sgd.options().momentum == 0.75);
  CHECK_THROWS_AS(sgd.set_momentum(-1), ArgumentError);
  SGD plain{problem.parameters(), {.learning_rate = 0.1}};
  CHECK_THROWS_WITH_AS(
      plain.set_momentum(0.5),
      "SGD: options need momentum_buffer, expected options for the state that the optimiser was "
      "constructed with",
      ArgumentError);
}

TEST_CASE("SGD: another optimiser with the restored state and step count continues identically") {
  NoisyQuadratic problem;
  const SGDOptions options{.learning_rate = 0.05, .momentum = 0.9, .dampening = 0.25};
  SGD first{problem.parameters(), options};
  problem.add_gradients(1);
  first.step();

  NoisyQuadratic resumed = problem;
  SGD second{resumed.parameters(), options};
  second.set_step_count(first.step_count());
  std::vector<Tensor<double>*> saved;
  first.visit_state([&](const std::string& name, Tensor<double>& tensor) {
    CHECK(name == std::to_string(saved.size()) + ".momentum_buffer");
    saved.push_back(&tensor);
  });
  REQUIRE(saved.size() == 2);
  std::size_t next = 0;
  second.visit_state([&](const std::string&, Tensor<double>& tensor) { tensor = *saved[next++]; });

  for (Index t = 2; t < 5; ++t) {
    problem.add_gradients(t);
    resumed.add_gradients(t);
    first.step();
    second.step();
  }
  CHECK(resumed.weight.value == problem.weight.value);
  CHECK(resumed.bias.value == problem.bias.value);
  CHECK_THROWS_AS(second.set_step_count(-1), ArgumentError);

  SGD plain{problem.parameters()};
  plain.visit_state([](const std::string&, Tensor<double>&) { FAIL("plain SGD has state"); });
}

TEST_CASE("SGD: refuses settings outside their domain") {
  NoisyQuadratic problem;
  const double nan = std::nan("");
  CHECK_THROWS_WITH_AS((SGD{problem.parameters(), {.learning_rate = -0.5}}),
                       "SGD: learning_rate is -0.5, expected a finite number >= 0", ArgumentError);
  CHECK_THROWS_AS((SGD{problem.parameters(), {.learning_rate = nan}}), ArgumentError);
  CHECK_THROWS_AS((SGD{problem.parameters(), {.momentum = -0.1}}), ArgumentError);
  CHECK_THROWS_AS((SGD{problem.parameters(), {.dampening = nan}}), ArgumentError);
  CHECK_THROWS_AS((SGD{problem.parameters(), {.weight_decay = -1}}), ArgumentError);
  CHECK_THROWS_WITH_AS((SGD{problem.parameters(), {.nesterov = true}}),
                       "SGD: momentum is 0, expected a number > 0 with nesterov", ArgumentError);
  CHECK_THROWS_WITH_AS((SGD{problem.parameters(), {.momentum = 0.9, .dampening = 0.1, .nesterov = true}}),
                       "SGD: dampening is 0.1, expected 0 with nesterov", ArgumentError);
}

TEST_CASE("SGD: an empty list of parameters and a duplicate are refused") {
  NoisyQuadratic problem;
  CHECK_THROWS_WITH_AS(SGD{std::vector<NamedParameter<double>>{}},
                       "SGD: got 0 parameters, expected at least 1", ArgumentError);
  CHECK_THROWS_AS((SGD{std::vector<ParameterGroup<double, SGDOptions>>(2)}), ArgumentError);
  CHECK_THROWS_AS((SGD<double>{{{"null", nullptr}}, {.learning_rate = 0.1}}), ArgumentError);
  CHECK_THROWS_WITH_AS((SGD<double>{{{"a", &problem.bias}, {"b", &problem.bias}}, {.learning_rate = 0.1}}),
                       "SGD: parameter 'b' appears twice, expected each parameter once", ArgumentError);

  SGD sgd{problem.weights()};
  CHECK_THROWS_AS(sgd.add_group(problem.parameters(), {}), ArgumentError);
  CHECK(sgd.group_count() == 1);
  sgd.add_group({}, {});
  CHECK(sgd.group_count() == 2);
}

TEST_CASE("SGD: a parameter of another shape stops the step before anything has changed") {
  NoisyQuadratic problem;
  SGD sgd{problem.parameters(), {.momentum = 0.9}};
  problem.add_gradients(1);
  const Tensor<double> before = problem.weight.value;
  problem.bias.grad().resize({8});
  CHECK_THROWS_WITH_AS(sgd.step(), "SGD: gradient of parameter 'bias' has shape [8], expected [7]",
                       ShapeError);
  problem.bias.value.resize({8});
  CHECK_THROWS_WITH_AS(sgd.step(), "SGD: momentum_buffer of parameter 'bias' has shape [7], expected [8]",
                       ShapeError);
  CHECK(problem.weight.value == before);
  CHECK(sgd.step_count() == 0);
}

TEST_CASE("SGD: NaN in a gradient shows in the weight") {
  Parameter<float> parameter{Tensor<float>{1, 2}};
  SGD<float> sgd{{{"w", &parameter}}, {.learning_rate = 0}};
  parameter.grad().data()[1] = std::nanf("");
  sgd.step();
  CHECK(parameter.value.data()[0] == 1);
  CHECK(std::isnan(parameter.value.data()[1]));
}

}  // namespace

TEST_CASE("SGD: errors show options to the last digit, in every locale") {
  NoisyQuadratic problem;
  const auto message = [&](double learning_rate) -> std::string {
    try {
      SGD{problem.parameters(), {.learning_rate = learning_rate}};
    } catch (const gradus::ArgumentError& error) {
      return error.what();
    }
    return "accepted";
  };
  const gradus::test::CommaLocale comma;
  CHECK(message(-1e-9) == "SGD: learning_rate is -1e-09, expected a finite number >= 0");
  CHECK(message(-1234.5) == "SGD: learning_rate is -1234.5, expected a finite number >= 0");
  CHECK(message(NAN) == "SGD: learning_rate is nan, expected a finite number >= 0");
  CHECK(message(-NAN) == message(NAN));
  CHECK(message(INFINITY) == "SGD: learning_rate is inf, expected a finite number >= 0");
}
