// SPDX-License-Identifier: MIT

#include <limits>

#include <doctest/doctest.h>

#include <gradus/optim/adagrad.hpp>
#include <gradus/optim/adam.hpp>
#include <gradus/optim/schedule/decay.hpp>
#include <gradus/optim/schedule/one_cycle.hpp>
#include <gradus/optim/schedule/scheduler.hpp>
#include <gradus/optim/sgd.hpp>

namespace {

using gradus::ArgumentError;
using gradus::Index;
using gradus::Tensor;
using gradus::nn::Parameter;
using gradus::optim::Adagrad;
using gradus::optim::Adam;
using gradus::optim::OneCycle;
using gradus::optim::Scheduler;
using gradus::optim::SGD;
using gradus::optim::StepDecay;

TEST_CASE("Scheduler: multiplies each group's base rate by the factor") {
  Parameter<float> weight, bias;
  SGD<float> sgd{{{"weight", &weight}}, {.learning_rate = 0.5}};
  sgd.add_group({{"bias", &bias}}, {.learning_rate = 2});
  Scheduler scheduler{sgd, StepDecay{.step_size = 2, .gamma = 0.5}};
  const double factors[] = {1, 1, 0.5, 0.5, 0.25};
  for (const double factor : factors) {
    CHECK(sgd.learning_rate(0) == 0.5 * factor);
    CHECK(sgd.learning_rate(1) == 2 * factor);
    scheduler.step();
  }
  CHECK(scheduler.step_count() == 5);
}

TEST_CASE("Scheduler: can go to any step, and applies step 0 at construction") {
  Parameter<float> weight;
  SGD<float> sgd{{{"weight", &weight}}, {.learning_rate = 1}};
  Scheduler scheduler{sgd, [](Index step) { return 1.0 / static_cast<double>(2 + step); }};
  CHECK(sgd.learning_rate() == 0.5);
  scheduler.set_step_count(2);
  CHECK(sgd.learning_rate() == 0.25);
  CHECK_THROWS_AS(scheduler.set_step_count(-1), ArgumentError);
  CHECK(scheduler.step_count() == 2);
}

TEST_CASE("Scheduler: a schedule with settings outside their domain is refused at once") {
  Parameter<float> weight;
  SGD<float> sgd{{{"weight", &weight}}, {.learning_rate = 1}};
  CHECK_THROWS_AS((Scheduler{sgd, StepDecay{.step_size = 0}}), ArgumentError);
  CHECK(sgd.learning_rate() == 1);
}

TEST_CASE("Scheduler: cycles the momentum if the schedule does") {
  Parameter<float> weight;
  const OneCycle cycle{.total_steps = 11, .pct_start = 0.5, .cycle_momentum = true};
  SGD<float> sgd{{{"weight", &weight}}, {.momentum = 0.9}};
  Adam<float> adam{{{"weight", &weight}}, {.learning_rate = 0.1}};
  Scheduler of_sgd{sgd, cycle};
  Scheduler of_adam{adam, cycle};
  CHECK(sgd.options().momentum == doctest::Approx(0.95));
  CHECK(adam.options().beta1 == doctest::Approx(0.95));
  of_sgd.set_step_count(4);
  of_adam.set_step_count(4);
  CHECK(sgd.options().momentum == cycle.momentum(4));
  CHECK(adam.options().beta1 == cycle.momentum(4));
  CHECK(cycle.momentum(4) < 0.87);

  SGD<float> plain{{{"weight", &weight}}, {.learning_rate = 0.1}};
  CHECK_THROWS_AS((Scheduler{plain, cycle}), ArgumentError);
  Scheduler without{plain, OneCycle{.total_steps = 11}};
  Adagrad<float> adagrad{{{"weight", &weight}}, {.learning_rate = 0.1}};
  Scheduler of_adagrad{adagrad, OneCycle{.total_steps = 11}};
  CHECK(adagrad.learning_rate() == doctest::Approx(0.1 / 25));
}

TEST_CASE("Scheduler: the step count does not overflow") {
  Parameter<float> weight;
  SGD<float> sgd{{{"weight", &weight}}, {.learning_rate = 1}};
  Scheduler scheduler{sgd, StepDecay{.step_size = 2}};
  const Index most = std::numeric_limits<Index>::max();
  scheduler.set_step_count(most);
  CHECK_THROWS_AS(scheduler.step(), ArgumentError);
  CHECK(scheduler.step_count() == most);
}

}  // namespace
