// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/optim/schedule/cosine.hpp>

#include "reference.hpp"

namespace {

namespace pytorch = gradus::test::pytorch;
using gradus::ArgumentError;
using gradus::Index;
using gradus::optim::CosineAnnealing;
using gradus::optim::CosineWarmRestarts;
using gradus::test::check_rates;

TEST_CASE("CosineAnnealing: equals PyTorch's CosineAnnealingLR, also beyond its end") {
  check_rates(CosineAnnealing{.steps = 25, .minimum = 0.04}, pytorch::cosine_annealing);
  CHECK(CosineAnnealing{.steps = 25}(25) == 0);
  CHECK_THROWS_AS(CosineAnnealing{.steps = -1}(0), ArgumentError);
}

TEST_CASE("CosineWarmRestarts: equals PyTorch's CosineAnnealingWarmRestarts") {
  check_rates(CosineWarmRestarts{.first_period = 5, .growth = 2, .minimum = 0.01},
              pytorch::cosine_warm_restarts);
  check_rates(CosineWarmRestarts{.first_period = 7}, pytorch::cosine_even_restarts);
  CHECK_THROWS_AS(CosineWarmRestarts{.first_period = 0}(0), ArgumentError);
  CHECK_THROWS_AS((CosineWarmRestarts{.first_period = 5, .growth = 0}(0)), ArgumentError);
}

TEST_CASE("CosineWarmRestarts: a very large step takes little time") {
  CHECK(CosineWarmRestarts{.first_period = 1}(Index{1} << 60) == 1);
  CHECK(CosineWarmRestarts{.first_period = 1, .growth = 2}((Index{1} << 60) - 1) == 1);
}

}  // namespace
