#pragma once

#include <limits>

#include <gradus/core/error.hpp>
#include <gradus/train/history.hpp>

namespace gradus {

/// What decides which epoch was the best so far: losses should fall, accuracies rise.
enum class Monitor { validation_loss, validation_accuracy, train_loss, train_accuracy };

namespace detail {

/// The best value of a monitored metric.
class BestSoFar {
 public:
  /// An improvement by `min_delta` or less does not count.
  explicit BestSoFar(Monitor monitor, double min_delta = 0) : monitor_(monitor), min_delta_(min_delta) {}

  /// Whether this epoch is better than all before it. NaN never is. Throws StateError if a validation metric
  /// is monitored in a training without validation.
  bool improves(const EpochRecord& record) {
    const double now = score(record);
    if (!(now > best_score_ + min_delta_)) return false;
    best_score_ = now;
    return true;
  }

 private:
  /// The monitored value, turned so that more is better.
  double score(const EpochRecord& record) const {
    switch (monitor_) {
      case Monitor::train_loss:
        return -record.train.loss;
      case Monitor::train_accuracy:
        return record.train.accuracy;
      case Monitor::validation_loss:
        return -validation(record).loss;
      case Monitor::validation_accuracy:
        break;
    }
    return validation(record).accuracy;
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
