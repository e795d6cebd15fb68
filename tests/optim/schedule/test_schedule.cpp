// SPDX-License-Identifier: MIT

#include <limits>

#include <doctest/doctest.h>

#include <gradus/optim/schedule/cosine.hpp>
#include <gradus/optim/schedule/decay.hpp>
#include <gradus/optim/schedule/linear_warmup.hpp>
#include <gradus/optim/schedule/one_cycle.hpp>
#include <gradus/optim/schedule/schedule.hpp>

#include "reference.hpp"

namespace {

namespace pytorch = gradus::test::pytorch;
using gradus::ArgumentError;
using gradus::Index;
using gradus::optim::CosineAnnealing;
using gradus::optim::CosineWarmRestarts;
using gradus::optim::ExponentialDecay;
using gradus::optim::LinearWarmup;
using gradus::optim::MultiStepDecay;
using gradus::optim::OneCycle;
using gradus::optim::product;
using gradus::optim::Schedule;
using gradus::optim::sequence;
using gradus::optim::StepDecay;
using gradus::test::check_rates;

static_assert(Schedule<LinearWarmup> && Schedule<double (*)(Index)> && !Schedule<double>);

TEST_CASE("sequence: a warm-up followed by a cosine equals PyTorch's SequentialLR") {
  check_rates(sequence(LinearWarmup{.steps = 5, .start_factor = 0.1}, 5, CosineAnnealing{.steps = 35}),
              pytorch::warmup_then_cosine);
}

TEST_CASE("product: a warm-up combined with a decay equals PyTorch's ChainedScheduler") {
  check_rates(product(LinearWarmup{.steps = 5, .start_factor = 0.1}, ExponentialDecay{.gamma = 0.9}),
              pytorch::warmup_times_decay);
}

TEST_CASE("sequence, product: can be nested, and accept lambdas") {
  const auto one = [](Index step) { return static_cast<double>(step + 1); };
  const auto schedule = sequence(one, 2, sequence(product(one, one), 3, [](Index) { return 0.5; }));
  const double wanted[] = {1, 2, 1, 4, 9, 0.5, 0.5};
  for (Index step = 0; step < 7; ++step) CHECK(schedule(step) == wanted[step]);
}

TEST_CASE("Schedule: the largest steps and settings neither overflow nor give NaN") {
  constexpr Index most = std::numeric_limits<Index>::max();
  for (const Index step : {Index{0}, Index{1}, most - 1, most}) {
    for (const Index steps : {Index{1}, Index{2}, most - 1, most}) {
      CAPTURE(step);
      CAPTURE(steps);
      for (const double factor :
           {CosineAnnealing{.steps = steps}(step), LinearWarmup{.steps = steps}(step),
            StepDecay{.step_size = steps}(step), OneCycle{.total_steps = steps}(step),
            OneCycle{.total_steps = steps, .three_phase = true}(step),
            MultiStepDecay{.milestones = {steps, most}}(step), ExponentialDecay{.gamma = 0.9}(step),
            CosineWarmRestarts{.first_period = steps}(step),
            CosineWarmRestarts{.first_period = steps, .growth = 3}(step),
            CosineWarmRestarts{.first_period = steps, .growth = most}(step),
            sequence(LinearWarmup{.steps = steps}, steps, CosineAnnealing{.steps = steps})(step)}) {
        CHECK(factor >= 0);
        CHECK(factor <= 1);
      }
    }
  }
  const CosineWarmRestarts restarts{.first_period = 4, .growth = most};
  CHECK(restarts(4) == 1);  // the second period is 4 (2^63 - 1) steps long
  CHECK(restarts(most) < 1);
  CHECK(restarts(most) > 0.8);
}

TEST_CASE("Schedule: a negative step is refused") {
  constexpr Index least = std::numeric_limits<Index>::min();
  for (const Index step : {Index{-1}, least}) {
    CHECK_THROWS_AS(CosineAnnealing{.steps = 2}(step), ArgumentError);
    CHECK_THROWS_AS((CosineWarmRestarts{.first_period = 2}(step)), ArgumentError);
    CHECK_THROWS_AS(LinearWarmup{.steps = 2}(step), ArgumentError);
    CHECK_THROWS_AS(StepDecay{.step_size = 2}(step), ArgumentError);
    CHECK_THROWS_AS(MultiStepDecay{.milestones = {2}}(step), ArgumentError);
    CHECK_THROWS_AS(ExponentialDecay{.gamma = 0.5}(step), ArgumentError);
    CHECK_THROWS_AS(OneCycle{.total_steps = 2}(step), ArgumentError);
    CHECK_THROWS_AS(OneCycle{.total_steps = 2}.momentum(step), ArgumentError);
    CHECK_THROWS_AS(sequence(LinearWarmup{.steps = 5}, step, CosineAnnealing{.steps = 5}), ArgumentError);
  }
}

}  // namespace
