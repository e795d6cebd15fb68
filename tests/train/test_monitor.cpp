// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <gradus/train/monitor.hpp>

namespace {

using gradus::EpochRecord;
using gradus::Metrics;
using gradus::Monitor;
using gradus::detail::BestSoFar;

/// Returns a record whose losses and accuracies are all different.
EpochRecord record(double train_loss, double train_accuracy, double validation_loss,
                   double validation_accuracy) {
  return {1, {train_loss, train_accuracy, 1}, Metrics{validation_loss, validation_accuracy, 1}, 0, 0};
}

}  // namespace

TEST_CASE("Monitor: a loss improves by falling, an accuracy by rising") {
  const EpochRecord first = record(3, 0.3, 5, 0.5);
  struct Case {
    Monitor monitor;
    EpochRecord better, worse;
  };
  for (const Case& one : {Case{Monitor::train_loss, record(2, 0, 9, 0), record(2.5, 1, 0, 1)},
                          Case{Monitor::train_accuracy, record(9, 0.4, 9, 0), record(0, 0.35, 0, 1)},
                          Case{Monitor::validation_loss, record(9, 0, 4, 0), record(0, 1, 4.5, 1)},
                          Case{Monitor::validation_accuracy, record(9, 0, 9, 0.6), record(0, 1, 0, 0.55)}}) {
    CAPTURE(static_cast<int>(one.monitor));
    BestSoFar best(one.monitor);
    CHECK(best.improves(first));
    CHECK_FALSE(best.improves(first));
    CHECK(best.improves(one.better));
    CHECK_FALSE(best.improves(one.worse));  // better than the first epoch, but not than the best
  }
}

TEST_CASE("Monitor: an improvement by min_delta or less does not count") {
  BestSoFar best(Monitor::train_loss, 0.5);
  CHECK(best.improves(record(3, 0, 0, 0)));
  CHECK_FALSE(best.improves(record(2.5, 0, 0, 0)));
  CHECK(best.improves(record(2.25, 0, 0, 0)));
}

TEST_CASE("Monitor: NaN is never the best value") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  BestSoFar best(Monitor::train_loss);
  CHECK_FALSE(best.improves(record(nan, 0, 0, 0)));
  CHECK(best.improves(record(3, 0, 0, 0)));
  CHECK_FALSE(best.improves(record(nan, 0, 0, 0)));
}

TEST_CASE("Monitor: a metric that does not exist is refused") {
  EpochRecord without_validation = record(1, 1, 1, 1);
  without_validation.validation.reset();
  BestSoFar by_validation(Monitor::validation_loss);
  CHECK_THROWS_WITH_AS(by_validation.improves(without_validation),
                       "Monitor: a validation metric is monitored, expected validation data",
                       gradus::StateError);
  BestSoFar by_accuracy(Monitor::train_accuracy);
  CHECK_THROWS_WITH_AS(by_accuracy.improves(record(1, std::nan(""), 1, 1)),
                       "Monitor: an accuracy is monitored, expected a loss that reports one",
                       gradus::StateError);
}
