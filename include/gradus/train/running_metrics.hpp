// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <limits>

#include <gradus/core/index.hpp>
#include <gradus/core/process_group.hpp>
#include <gradus/ops/loss_reduction.hpp>
#include <gradus/train/metrics.hpp>

namespace gradus::detail {

/// A result of a loss function that also counts correct samples, such as ops::CrossEntropyResult.
template <class Result>
concept CountsCorrect = requires(const Result& result) {
  result.loss;
  result.correct;
  result.count;
};

/// A result that also reports the total weight of its samples, by which a mean is divided.
template <class Result>
concept ReportsWeight = requires(const Result& result) {
  static_cast<double>(result.loss);
  static_cast<double>(result.weight);
};

/// A result that also reports the sum, which cannot be computed from a mean if the total weight is 0.
template <class Result>
concept ReportsTotal = ReportsWeight<Result> && requires(const Result& result) {
  static_cast<double>(result.total);
};

template <class Result>
double loss_value(const Result& result) {
  if constexpr (CountsCorrect<Result> || ReportsWeight<Result>) {
    return static_cast<double>(result.loss);
  } else {
    return static_cast<double>(result);
  }
}

/// Averages over the samples of all batches so far, which may differ in size.
class RunningMetrics {
 public:
  /// Adds the loss function's result for a batch: `result.total` and `result.weight` if it has them.
  /// Otherwise a mean is multiplied by the weight, or by the number of samples if there is none, and a sum is
  /// added as is; a loss without `reduction` is assumed to be a mean. The average thus does not depend on the
  /// batch size.
  template <class Loss, class Result>
  void add(const Loss& loss, const Result& result, Index batch_size) {
    Index counted = batch_size;
    if constexpr (CountsCorrect<Result>) {
      counted = result.count;
      correct_ += result.correct;
      classifies_ = true;
    }
    const double weight = batch_weight(result, batch_size);
    samples_ += counted;
    weight_sum_ += weight;
    if constexpr (ReportsTotal<Result>)
      loss_sum_ += static_cast<double>(result.total);
    else
      loss_sum_ += loss_value(result) * (is_sum(loss) ? 1 : weight);
  }

  /// Adds what another object has accumulated.
  void add(const RunningMetrics& other) {
    loss_sum_ += other.loss_sum_;
    weight_sum_ += other.weight_sum_;
    correct_ += other.correct_;
    samples_ += other.samples_;
    classifies_ = classifies_ || other.classifies_;
  }
  /// Adds up what all processes have accumulated. Counts are exact up to 2^53.
  void share(ProcessGroup& processes) {
    std::array sums{loss_sum_, weight_sum_, static_cast<double>(correct_), static_cast<double>(samples_),
                    classifies_ ? 1.0 : 0.0};
    processes.sum(sums);
    loss_sum_ = sums[0];
    weight_sum_ = sums[1];
    correct_ = static_cast<Index>(sums[2]);
    samples_ = static_cast<Index>(sums[3]);
    classifies_ = sums[4] > 0;
  }
  /// Returns the sum of the losses, each multiplied by its weight.
  double loss_sum() const { return loss_sum_; }
  /// Returns the sum of the weights.
  double weight_sum() const { return weight_sum_; }

  /// Returns the averages so far. The loss is 0 if all samples have weight 0, as it is for a single batch.
  Metrics average() const {
    Metrics metrics;
    write_average(metrics);
    return metrics;
  }
  /// Writes the averages so far to `metrics`, whose named metrics are unchanged.
  void write_average(Metrics& metrics) const {
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    metrics.samples = samples_;
    metrics.loss = samples_ == 0 ? unknown : weight_sum_ > 0 ? loss_sum_ / weight_sum_ : 0;
    metrics.accuracy =
        samples_ > 0 && classifies_ ? static_cast<double>(correct_) / static_cast<double>(samples_) : unknown;
  }

  /// Returns the weight by which a batch's mean loss was divided: its number of samples if none is reported.
  template <class Result>
  static double batch_weight(const Result& result, Index batch_size) {
    if constexpr (ReportsWeight<Result>)
      return static_cast<double>(result.weight);
    else if constexpr (CountsCorrect<Result>)
      return static_cast<double>(result.count);
    else
      return static_cast<double>(batch_size);
  }
  /// Returns whether the loss sums over samples instead of averaging.
  template <class Loss>
  static bool is_sum([[maybe_unused]] const Loss& loss) {
    if constexpr (requires { loss.reduction == ops::Reduction::sum; }) {
      return loss.reduction == ops::Reduction::sum;
    }
    return false;
  }

  /// Saves or loads the state: see train/archive.hpp.
  template <class Archive>
  void serialize(Archive& archive) {
    archive("loss_sum", loss_sum_);
    archive("weight_sum", weight_sum_);
    archive("correct", correct_);
    archive("samples", samples_);
    archive("classifies", classifies_);
  }

 private:
  double loss_sum_ = 0;
  double weight_sum_ = 0;
  Index correct_ = 0;
  Index samples_ = 0;
  bool classifies_ = false;
};

}  // namespace gradus::detail
