// SPDX-License-Identifier: MIT

#include <limits>

#include <doctest/doctest.h>

#include <gradus/optim/check.hpp>

namespace {

using gradus::ArgumentError;
using namespace gradus::optim;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("check_finite: negative numbers pass, infinities and NaN do not") {
  for (const double good : {-1e300, 0.0, 1e300}) CHECK_NOTHROW(check_finite("SGD", "dampening", good));
  for (const double bad : {-infinity, infinity, not_a_number}) {
    CHECK_THROWS_AS(check_finite("SGD", "dampening", bad), ArgumentError);
  }
  CHECK_THROWS_WITH_AS(check_finite("SGD", "dampening", infinity),
                       "SGD: dampening is inf, expected a finite number", ArgumentError);
}

TEST_CASE("check_not_negative: 0 passes, negative numbers do not") {
  for (const double good : {0.0, 5e-324, 1e300}) CHECK_NOTHROW(check_not_negative("SGD", "momentum", good));
  for (const double bad : {-5e-324, -1.0, infinity, not_a_number}) {
    CHECK_THROWS_AS(check_not_negative("SGD", "momentum", bad), ArgumentError);
  }
  CHECK_THROWS_WITH_AS(check_not_negative("SGD", "momentum", -0.1),
                       "SGD: momentum is -0.1, expected a finite number >= 0", ArgumentError);
}

TEST_CASE("check_fraction: 0 passes, 1 does not") {
  for (const double good : {0.0, 0.999}) CHECK_NOTHROW(check_fraction("Adam", "beta1", good));
  for (const double bad : {-0.001, 1.0, not_a_number}) {
    CHECK_THROWS_AS(check_fraction("Adam", "beta1", bad), ArgumentError);
  }
  CHECK_THROWS_WITH_AS(check_fraction("Adam", "beta1", 1), "Adam: beta1 is 1, expected a number in [0, 1)",
                       ArgumentError);
}

TEST_CASE("check_step_count: one more step must be countable") {
  CHECK_NOTHROW(check_step_count("Adam", 0));
  CHECK_NOTHROW(check_step_count("Adam", max_step_count));
  CHECK_THROWS_AS(check_step_count("Adam", max_step_count + 1), ArgumentError);
  CHECK_THROWS_WITH_AS(check_step_count("Adam", -1),
                       "Adam: step count is -1, expected 0 to 9223372036854775806", ArgumentError);
}
