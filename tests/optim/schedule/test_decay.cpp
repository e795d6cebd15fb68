// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/optim/schedule/decay.hpp>

#include "reference.hpp"

namespace {

namespace pytorch = gradus::test::pytorch;
using gradus::ArgumentError;
using gradus::optim::ExponentialDecay;
using gradus::optim::MultiStepDecay;
using gradus::optim::StepDecay;
using gradus::test::check_rates;

TEST_CASE("StepDecay: equals PyTorch's StepLR") {
  check_rates(StepDecay{.step_size = 7, .gamma = 0.5}, pytorch::step_decay);
  CHECK_THROWS_WITH_AS((StepDecay{.step_size = 0}(1)), "StepDecay: step_size is 0, expected 1 or more",
                       ArgumentError);
}

TEST_CASE("MultiStepDecay: equals PyTorch's MultiStepLR, milestones in any order") {
  check_rates(MultiStepDecay{.milestones = {3, 10, 30}, .gamma = 0.2}, pytorch::multi_step_decay);
  check_rates(MultiStepDecay{.milestones = {30, 3, 10}, .gamma = 0.2}, pytorch::multi_step_decay);
  CHECK(MultiStepDecay{.milestones = {}}(1000) == 1);
  CHECK(MultiStepDecay{.milestones = {2, 2}, .gamma = 0.5}(2) == 0.25);
}

TEST_CASE("ExponentialDecay: equals PyTorch's ExponentialLR") {
  check_rates(ExponentialDecay{.gamma = 0.93}, pytorch::exponential_decay);
}

}  // namespace
