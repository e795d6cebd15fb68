#include <doctest/doctest.h>

#include <gradus/optim/schedule/cosine.hpp>
#include <gradus/optim/schedule/decay.hpp>
#include <gradus/optim/schedule/linear_warmup.hpp>
#include <gradus/optim/schedule/schedule.hpp>

#include "reference.hpp"

namespace {

namespace pytorch = gradus::test::pytorch;
using gradus::Index;
using gradus::optim::CosineAnnealing;
using gradus::optim::ExponentialDecay;
using gradus::optim::LinearWarmup;
using gradus::optim::product;
using gradus::optim::Schedule;
using gradus::optim::sequence;
using gradus::test::check_rates;

static_assert(Schedule<LinearWarmup> && Schedule<double (*)(Index)> && !Schedule<double>);

TEST_CASE("sequence: a warm-up, then a cosine, as PyTorch's SequentialLR") {
  check_rates(sequence(LinearWarmup{.steps = 5, .start_factor = 0.1}, 5, CosineAnnealing{.steps = 35}),
              pytorch::warmup_then_cosine);
}

TEST_CASE("product: a warm-up and a decay at once, as PyTorch's ChainedScheduler") {
  check_rates(product(LinearWarmup{.steps = 5, .start_factor = 0.1}, ExponentialDecay{.gamma = 0.9}),
              pytorch::warmup_times_decay);
}

TEST_CASE("sequence, product: nest, and take lambdas") {
  const auto one = [](Index step) { return static_cast<double>(step + 1); };
  const auto schedule = sequence(one, 2, sequence(product(one, one), 3, [](Index) { return 0.5; }));
  const double wanted[] = {1, 2, 1, 4, 9, 0.5, 0.5};
  for (Index step = 0; step < 7; ++step) CHECK(schedule(step) == wanted[step]);
}

}  // namespace
