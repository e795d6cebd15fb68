#pragma once

#include <gradus/core/eigen.hpp>
#include <gradus/ops/reduction.hpp>
#include <gradus/train/history.hpp>

namespace gradus::detail {

/// A loss function's result that also counts the samples it recognised: ops::CrossEntropyResult.
template <class Result>
concept CountsCorrect = requires(const Result& result) {
  result.loss;
  result.correct;
  result.count;
};

template <class Result>
double loss_value(const Result& result) {
  if constexpr (CountsCorrect<Result>) {
    return static_cast<double>(result.loss);
  } else {
    return static_cast<double>(result);
  }
}

/// Averages over samples while batches of different sizes go by.
class RunningMetrics {
 public:
  /// Adds what the loss found in a batch. A mean counts as often as the batch has samples, a sum once; a loss
  /// without a `reduction` is taken for a mean.
  template <class Loss, class Result>
  void add(const Loss& loss, const Result& result, Index batch_size) {
    Index counted = batch_size;
    if constexpr (CountsCorrect<Result>) {
      counted = result.count;
      correct_ += result.correct;
      classifies_ = true;
    }
    samples_ += counted;
    loss_sum_ += loss_value(result) * (is_sum(loss) ? 1 : static_cast<double>(counted));
  }

  Metrics average() const {
    Metrics metrics;
    metrics.samples = samples_;
    if (samples_ == 0) return metrics;
    const auto samples = static_cast<double>(samples_);
    metrics.loss = loss_sum_ / samples;
    if (classifies_) metrics.accuracy = static_cast<double>(correct_) / samples;
    return metrics;
  }

 private:
  template <class Loss>
  static bool is_sum([[maybe_unused]] const Loss& loss) {
    if constexpr (requires { loss.reduction == ops::Reduction::sum; }) {
      return loss.reduction == ops::Reduction::sum;
    }
    return false;
  }

  double loss_sum_ = 0;
  Index correct_ = 0;
  Index samples_ = 0;
  bool classifies_ = false;
};

}  // namespace gradus::detail
