// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/optim/check.hpp>
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

/// Whether a metric is better when it is smaller or when it is larger.
enum class Goal { minimize, maximize };

/// Whether a threshold is a share of the best metric or a difference from it.
enum class ThresholdMode { relative, absolute };

/// Options for ReduceOnPlateau; the defaults are PyTorch's.
struct ReduceOnPlateauOptions {
  /// Whether smaller or larger values are better.
  Goal goal = Goal::minimize;
  /// The factor of each reduction, in [0, 1).
  double factor = 0.1;
  Index patience = 10;  ///< steps without improvement that are tolerated
  /// The improvement that a metric must exceed to count.
  double threshold = 1e-4;
  /// Whether the threshold is relative to the best metric or absolute.
  ThresholdMode threshold_mode = ThresholdMode::relative;
  Index cooldown = 0;       ///< steps after a reduction in which none are counted
  double minimum_rate = 0;  ///< lower bound of the learning rates
  double epsilon = 1e-8;    ///< reductions by at most this much are skipped
};

/// A scheduler that multiplies the learning rates by a factor when a metric stops improving; PyTorch's
/// ReduceLROnPlateau. NaN never counts as an improvement.
///
///     ReduceOnPlateau plateau{{.factor = 0.5, .patience = 2}};
///     plateau.step(sgd, test_loss);  // after each epoch
class ReduceOnPlateau {
 public:
  /// The type of the options.
  using Options = ReduceOnPlateauOptions;

  /// Throws ArgumentError unless the factor is in [0, 1) and the patience, cooldown, threshold, minimum rate
  /// and epsilon are finite and not negative.
  explicit ReduceOnPlateau(const Options& options = {}) : options_(options) {
    if (!(options.factor >= 0 && options.factor < 1)) {
      throw ArgumentError("ReduceOnPlateau: factor is " + format_shortest(options.factor) +
                          ", expected a number in [0, 1)");
    }
    if (options.patience < 0 || options.cooldown < 0) {
      throw ArgumentError("ReduceOnPlateau: patience is " + std::to_string(options.patience) +
                          " and cooldown is " + std::to_string(options.cooldown) + ", expected both >= 0");
    }
    check_not_negative("ReduceOnPlateau", "threshold", options.threshold);
    check_not_negative("ReduceOnPlateau", "minimum_rate", options.minimum_rate);
    check_not_negative("ReduceOnPlateau", "epsilon", options.epsilon);
  }

  /// Records the metric of one step. Returns whether it reduced the rate of any group. Does not reduce a rate
  /// that is at the minimum or would change by at most epsilon.
  template <Optimizer O>
  bool step(O& optimizer, double metric) {
    if (!must_reduce(metric)) return false;
    bool any = false;
    for (Index group = 0; group < optimizer.group_count(); ++group) {
      const double rate = optimizer.learning_rate(group);
      const double reduced = std::max(rate * options_.factor, options_.minimum_rate);
      if (!(reduced < rate && rate - reduced > options_.epsilon)) continue;
      optimizer.set_learning_rate(group, reduced);
      any = true;
    }
    return any;
  }

  /// Returns the best metric so far.
  double best() const { return best_; }

  /// Saves or loads the state: see train/archive.hpp.
  template <class Archive>
  void serialize(Archive& archive) {
    archive("best", best_);
    archive("bad_steps", bad_steps_);
    archive("cooling_steps", cooling_steps_);
  }

 private:
  bool must_reduce(double metric) {
    if (is_better(metric)) {
      best_ = metric;
      bad_steps_ = 0;
    } else {
      ++bad_steps_;
    }
    if (cooling_steps_ > 0) {
      --cooling_steps_;
      bad_steps_ = 0;
    }
    if (bad_steps_ <= options_.patience) return false;
    cooling_steps_ = options_.cooldown;
    bad_steps_ = 0;
    return true;
  }

  bool is_better(double metric) const {
    if (std::isinf(best_) && !std::isnan(metric)) {
      // There is no best metric yet. With a threshold of 1, infinity times 0 below would be NaN.
      return options_.goal == Goal::minimize ? metric < best_ : metric > best_;
    }
    const double sign = options_.goal == Goal::minimize ? -1 : 1;
    const double wanted = options_.threshold_mode == ThresholdMode::relative
                              ? best_ * (1 + sign * options_.threshold)
                              : best_ + sign * options_.threshold;
    return sign * metric > sign * wanted;
  }

  Options options_;
  double best_ = options_.goal == Goal::minimize ? std::numeric_limits<double>::infinity()
                                                 : -std::numeric_limits<double>::infinity();
  Index bad_steps_ = 0;
  Index cooling_steps_ = 0;
};

}  // namespace gradus::optim
