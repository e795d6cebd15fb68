// SPDX-License-Identifier: MIT

#include <limits>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/train/trainer_options.hpp>

namespace {

using gradus::ArgumentError;
using gradus::TrainerOptions;
using gradus::detail::check_trainer_options;

}  // namespace

TEST_CASE("TrainerOptions: the defaults and zero epochs are accepted") {
  CHECK_NOTHROW(check_trainer_options({}));
  CHECK_NOTHROW(check_trainer_options({.epochs = 0}));
}

TEST_CASE("TrainerOptions: values out of range are refused with the expected range") {
  CHECK_THROWS_WITH_AS(check_trainer_options({.epochs = -1}), "Trainer: epochs is -1, expected at least 0",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(check_trainer_options({.accumulation_steps = 0}),
                       "Trainer: accumulation_steps is 0, expected at least 1", ArgumentError);
  CHECK_THROWS_AS(check_trainer_options({.clip_norm = -1}), ArgumentError);
  CHECK_THROWS_AS(check_trainer_options({.clip_value = std::numeric_limits<double>::quiet_NaN()}),
                  ArgumentError);
}
