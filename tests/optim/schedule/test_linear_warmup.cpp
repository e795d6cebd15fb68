// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/optim/schedule/linear_warmup.hpp>

#include "reference.hpp"

namespace {

namespace pytorch = gradus::test::pytorch;
using gradus::ArgumentError;
using gradus::optim::LinearWarmup;

TEST_CASE("LinearWarmup: equals PyTorch's LinearLR") {
  gradus::test::check_rates(LinearWarmup{.steps = 11, .start_factor = 0.2, .end_factor = 0.9},
                            pytorch::linear_warmup);
  CHECK_THROWS_AS(LinearWarmup{.steps = 0}(0), ArgumentError);
}

}  // namespace
