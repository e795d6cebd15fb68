// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <limits>

#include <gradus/core/error.hpp>
#include <gradus/train/history.hpp>
#include <gradus/train/metrics.hpp>

namespace gradus {

/// What decides which epoch was the best so far: losses should fall, accuracies rise.
enum class Monitor { validation_loss, validation_accuracy, train_loss, train_accuracy };

namespace detail {

/// The best value of a monitored metric.
class BestSoFar {
 public:
  /// An improvement by `min_delta` or less does not count.
  explicit BestSoFar(Monitor monitor, double min_delta = 0) : monitor_(monitor), min_delta_(min_delta) {}

  /// Whether this epoch is better than all before it. NaN never is. Throws ArgumentError if the monitored
  /// metric is an average over 0 samples, StateError if it does not exist: a validation metric in a training
  /// without validation, or an accuracy where the loss knows no classes.
  bool improves(const EpochRecord& record) {
    const double now = score(record);
    if (!(now > best_score_ + min_delta_)) return false;
    best_score_ = now;
    return true;
  }

 private:
  /// The monitored value, turned so that more is better.
  double score(const EpochRecord& record) const {
    const bool trains = monitor_ == Monitor::train_loss || monitor_ == Monitor::train_accuracy;
    const Metrics& metrics = trains ? record.train : validation(record);
    if (metrics.samples == 0) {
      throw ArgumentError("Monitor: the monitored metric is an average over 0 samples, expected at least 1");
    }
    if (monitor_ == Monitor::train_loss || monitor_ == Monitor::validation_loss) return -metrics.loss;
    if (std::isnan(metrics.accuracy)) {
      throw StateError("Monitor: an accuracy is monitored, but the loss knows no classes");
    }
    return metrics.accuracy;
  }
  static const Metrics& validation(const EpochRecord& record) {
    if (!record.validation) {
      throw StateError("Monitor: a validation metric is monitored, but there is no validation data");
    }
    return *record.validation;
  }

  Monitor monitor_;
  double min_delta_;
  double best_score_ = -std::numeric_limits<double>::infinity();
};

}  // namespace detail
}  // namespace gradus
