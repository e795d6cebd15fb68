// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <variant>

#include <gradus/core/error.hpp>
#include <gradus/optim/schedule/reduce_on_plateau.hpp>
#include <gradus/train/history.hpp>
#include <gradus/train/metrics.hpp>

namespace gradus {

/// What decides which epoch was the best so far: losses should fall, accuracies rise.
enum class Monitor { validation_loss, validation_accuracy, train_loss, train_accuracy };

/// Watches a metric that was added to the trainer: `{.monitor = MetricMonitor{"mae"}}`.
struct MetricMonitor {
  /// The name that the metric was added by.
  std::string metric = {};
  /// Whether smaller or larger is better.
  optim::Goal goal = optim::Goal::minimize;
  bool train = false;  ///< watch its value over the training data instead of the validation data
};

/// What callbacks watch: a figure of every training or a metric that was added to the trainer.
using Monitored = std::variant<Monitor, MetricMonitor>;

/// Returns the monitored value. Throws ArgumentError if it is an average over 0 samples, StateError if it
/// does not exist: a validation metric in a training without validation, an accuracy where the loss knows no
/// classes, or a name that no metric has.
double monitored_value(const Monitored& monitored, const EpochRecord& record);

/// Whether smaller or larger is better.
inline optim::Goal goal_of(const Monitored& monitored) {
  if (const auto* metric = std::get_if<MetricMonitor>(&monitored)) return metric->goal;
  const auto monitor = std::get<Monitor>(monitored);
  const bool is_loss = monitor == Monitor::validation_loss || monitor == Monitor::train_loss;
  return is_loss ? optim::Goal::minimize : optim::Goal::maximize;
}

namespace detail {

inline const Metrics& monitored_metrics(bool trains, const EpochRecord& record) {
  if (!trains && !record.validation) {
    throw StateError("Monitor: a validation metric is monitored, but there is no validation data");
  }
  const Metrics& metrics = trains ? record.train : *record.validation;
  if (metrics.samples == 0) {
    throw ArgumentError("Monitor: the monitored metric is an average over 0 samples, expected at least 1");
  }
  return metrics;
}

inline double value_of(Monitor monitor, const EpochRecord& record) {
  const bool trains = monitor == Monitor::train_loss || monitor == Monitor::train_accuracy;
  const Metrics& metrics = monitored_metrics(trains, record);
  if (monitor == Monitor::train_loss || monitor == Monitor::validation_loss) return metrics.loss;
  if (std::isnan(metrics.accuracy)) {
    throw StateError("Monitor: an accuracy is monitored, but the loss knows no classes");
  }
  return metrics.accuracy;
}
inline double value_of(const MetricMonitor& monitor, const EpochRecord& record) {
  const NamedMetric* const metric = monitored_metrics(monitor.train, record).find(monitor.metric);
  if (metric == nullptr) {
    throw StateError("Monitor: metric '" + monitor.metric +
                     "' is monitored, but was not added to the trainer");
  }
  return metric->value;
}

/// The best value of a monitored metric.
class BestSoFar {
 public:
  /// An improvement by `min_delta` or less does not count.
  explicit BestSoFar(Monitored monitor, double min_delta = 0)
      : monitor_(std::move(monitor)), min_delta_(min_delta) {}

  /// Whether this epoch is better than all before it. NaN never is. Throws what monitored_value throws.
  bool improves(const EpochRecord& record) {
    const double value = monitored_value(monitor_, record);
    const double now = goal_of(monitor_) == optim::Goal::minimize ? -value : value;
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

inline double monitored_value(const Monitored& monitored, const EpochRecord& record) {
  return std::visit([&](const auto& monitor) { return detail::value_of(monitor, record); }, monitored);
}

}  // namespace gradus
