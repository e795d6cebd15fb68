// SPDX-License-Identifier: MIT

#include <vector>

#include <doctest/doctest.h>

#include <gradus/optim/schedule/one_cycle.hpp>

#include "reference.hpp"

namespace {

namespace pytorch = gradus::test::pytorch;
using gradus::ArgumentError;
using gradus::Index;
using gradus::optim::Anneal;
using gradus::optim::OneCycle;
using gradus::test::check_rates;

TEST_CASE("OneCycle: equals PyTorch's OneCycleLR") {
  check_rates(OneCycle{.total_steps = 40}, pytorch::one_cycle);
  check_rates(OneCycle{.total_steps = 40,
                       .pct_start = 0.45,
                       .div_factor = 10,
                       .final_div_factor = 100,
                       .anneal = Anneal::linear},
              pytorch::one_cycle_linear);
  check_rates(OneCycle{.total_steps = 40, .pct_start = 0.4, .three_phase = true},
              pytorch::one_cycle_three_phase);
}

TEST_CASE("OneCycle: the momentum equals PyTorch's") {
  const OneCycle two{.total_steps = 40};
  const OneCycle three{.total_steps = 40, .pct_start = 0.4, .three_phase = true};
  for (Index step = 0; step < 40; ++step) {
    CAPTURE(step);
    CHECK(two.momentum(step) == doctest::Approx(pytorch::one_cycle_momentum[step]).epsilon(1e-14));
    CHECK(three.momentum(step) ==
          doctest::Approx(pytorch::one_cycle_three_phase_momentum[step]).epsilon(1e-14));
  }
}

TEST_CASE("OneCycle: stays at its last value, and accepts cycles without a rise or a fall") {
  const OneCycle cycle{.total_steps = 40};
  CHECK(cycle(1000) == cycle(39));
  CHECK(OneCycle{.total_steps = 10, .pct_start = 0.1}(0) == 1);
  CHECK(OneCycle{.total_steps = 10, .pct_start = 1}(9) == 1);
  CHECK(OneCycle{.total_steps = 1}(0) * 25e4 == doctest::Approx(1));
}

TEST_CASE("OneCycle: refuses settings outside their domain") {
  CHECK_THROWS_WITH_AS(OneCycle{.total_steps = 0}(0), "OneCycle: total_steps is 0, expected 1 or more",
                       ArgumentError);
  CHECK_THROWS_AS((OneCycle{.total_steps = 10, .pct_start = 1.5}(0)), ArgumentError);
  CHECK_THROWS_WITH_AS((OneCycle{.total_steps = 10, .pct_start = -1e-9}(0)),
                       "OneCycle: pct_start is -1e-09, expected a number in [0, 1]", ArgumentError);
  CHECK_THROWS_AS((OneCycle{.total_steps = 10, .div_factor = 0}(0)), ArgumentError);
}

}  // namespace
