// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include <gradus/core/error.hpp>
#include <gradus/optim/schedule/reduce_on_plateau.hpp>
#include <gradus/train/history.hpp>
#include <gradus/train/metrics.hpp>

namespace gradus {

/// The metric that decides which epoch is the best so far: the lowest loss or the highest accuracy.
enum class Monitor { validation_loss, validation_accuracy, train_loss, train_accuracy };

/// A monitor of a metric that was added to the trainer: `{.monitor = MetricMonitor{"mae"}}`.
struct MetricMonitor {
  /// The name under which the metric was added.
  std::string metric = {};
  /// Whether smaller or larger values are better.
  optim::Goal goal = optim::Goal::minimize;
  bool train = false;  ///< whether to monitor the training data instead of the validation data
};

/// The metric that a callback monitors: a loss, an accuracy, or a metric that was added to the trainer.
class Monitored {
 public:
  /// Monitors a loss or an accuracy.
  Monitored(Monitor figure)
      : metric_{.goal = figure == Monitor::validation_loss || figure == Monitor::train_loss
                            ? optim::Goal::minimize
                            : optim::Goal::maximize,
                .train = figure == Monitor::train_loss || figure == Monitor::train_accuracy} {
    is_accuracy_ = metric_.goal == optim::Goal::maximize;
  }
  /// Monitors a metric that was added to the trainer.
  Monitored(MetricMonitor metric) : metric_(std::move(metric)), is_named_(true) {}

  /// Returns whether smaller or larger values are better.
  optim::Goal goal() const { return metric_.goal; }

  /// Returns the value in a record. Throws ArgumentError if it is an average over 0 samples, or StateError if
  /// it does not exist: a validation metric without validation data, an accuracy with a loss that does not
  /// classify, or an unknown name.
  double value(const EpochRecord& record) const;

 private:
  MetricMonitor metric_;
  bool is_named_ = false;
  bool is_accuracy_ = false;
};

inline double Monitored::value(const EpochRecord& record) const {
  if (!metric_.train && !record.validation) {
    throw StateError("Monitor: a validation metric is monitored, expected validation data");
  }
  const Metrics& metrics = metric_.train ? record.train : *record.validation;
  if (metrics.samples == 0) {
    throw ArgumentError("Monitor: the monitored metric is an average over 0 samples, expected at least 1");
  }
  if (is_named_) {
    const NamedMetric* const named = metrics.find(metric_.metric);
    if (named == nullptr) {
      throw StateError("Monitor: metric '" + metric_.metric +
                       "' is monitored, expected one that was added to the trainer");
    }
    return named->value;
  }
  if (!is_accuracy_) return metrics.loss;
  if (std::isnan(metrics.accuracy)) {
    throw StateError("Monitor: an accuracy is monitored, expected a loss that reports one");
  }
  return metrics.accuracy;
}

namespace detail {

/// The best value of a monitored metric.
class BestSoFar {
 public:
  /// Takes the metric. An improvement by `min_delta` or less does not count.
  explicit BestSoFar(Monitored monitor, double min_delta = 0)
      : monitor_(std::move(monitor)), min_delta_(min_delta) {}

  /// Returns whether an epoch is better than all before; NaN never is. Throws what Monitored::value throws.
  bool improves(const EpochRecord& record) {
    const double value = monitor_.value(record);
    const double now = monitor_.goal() == optim::Goal::minimize ? -value : value;
    if (!(now > best_score_ + min_delta_)) return false;
    best_score_ = now;
    return true;
  }

  /// Forgets all epochs.
  void reset() { best_score_ = -std::numeric_limits<double>::infinity(); }
  /// Saves or loads the best value: see train/archive.hpp.
  template <class Archive>
  void serialize(Archive& archive) {
    archive("best_score", best_score_);
  }

 private:
  Monitored monitor_;
  double min_delta_;
  double best_score_ = -std::numeric_limits<double>::infinity();
};

}  // namespace detail

}  // namespace gradus
