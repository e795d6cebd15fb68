// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>

/// Regression metrics, which accumulate over batches in double and do not depend on the batch size:
/// `trainer.add_metric("mae", MeanAbsoluteError{})`.
namespace gradus {

namespace detail {

inline void check_targets(const char* metric, const Shape& outputs, const Shape& targets) {
  if (outputs == targets) return;
  throw ShapeError(std::string(metric) + ": outputs have shape " + outputs.to_string() +
                   ", expected the shape of the targets, " + targets.to_string());
}

/// The sum of a function of the errors y - t, and their number.
class SumOfErrors {
 public:
  void reset() { *this = {}; }
  template <class Scalar, class F>
  void add(const char* metric, TensorView<const Scalar> outputs, TensorView<const Scalar> targets,
           const F& f) {
    check_targets(metric, outputs.shape(), targets.shape());
    for (Index i = 0; i < outputs.size(); ++i)
      sum_ += f(static_cast<double>(outputs.data()[i]) - static_cast<double>(targets.data()[i]));
    count_ += static_cast<double>(outputs.size());
  }
  /// Returns the mean; NaN before the first error.
  double mean() const { return count_ > 0 ? sum_ / count_ : std::numeric_limits<double>::quiet_NaN(); }
  template <class Archive>
  void serialize(Archive& archive) {
    archive("sum", sum_);
    archive("count", count_);
  }

 private:
  double sum_ = 0;
  double count_ = 0;
};

}  // namespace detail

/// The mean of |y - t| over all elements.
class MeanAbsoluteError {
 public:
  /// Discards all batches.
  void reset() { errors_.reset(); }
  /// Adds a batch of outputs and targets of the same shape. Throws ShapeError.
  template <class Scalar>
  void add(TensorView<const Scalar> outputs, TensorView<const Scalar> targets) {
    errors_.add("MeanAbsoluteError", outputs, targets, [](double error) { return std::abs(error); });
  }
  /// Returns the error so far; NaN before the first batch.
  double value() const { return errors_.mean(); }
  /// Saves or loads the state: see train/archive.hpp.
  template <class Archive>
  void serialize(Archive& archive) {
    errors_.serialize(archive);
  }

 private:
  detail::SumOfErrors errors_;
};

/// The root of the mean of (y - t)^2 over all elements.
class RootMeanSquaredError {
 public:
  /// Discards all batches.
  void reset() { errors_.reset(); }
  /// Adds a batch of outputs and targets of the same shape. Throws ShapeError.
  template <class Scalar>
  void add(TensorView<const Scalar> outputs, TensorView<const Scalar> targets) {
    errors_.add("RootMeanSquaredError", outputs, targets, [](double error) { return error * error; });
  }
  /// Returns the error so far; NaN before the first batch.
  double value() const { return std::sqrt(errors_.mean()); }
  /// Saves or loads the state: see train/archive.hpp.
  template <class Archive>
  void serialize(Archive& archive) {
    errors_.serialize(archive);
  }

 private:
  detail::SumOfErrors errors_;
};

/// The coefficient of determination, 1 - sum (y - t)^2 / sum (t - mean(t))^2, averaged over the columns of
/// `[N, ...]`, as in scikit-learn's r2_score. NaN if a column of targets is constant, where scikit-learn
/// returns 0 or 1.
class R2 {
 public:
  /// Discards all batches.
  void reset() {
    samples_ = 0;
    mean_.clear();
    deviation_.clear();
    residual_.clear();
  }
  /// Adds a batch of outputs and targets of the same shape, `[N, ...]`. Throws ShapeError if the shapes
  /// differ or the number of columns changes between batches.
  template <class Scalar>
  void add(TensorView<const Scalar> outputs, TensorView<const Scalar> targets) {
    detail::check_targets("R2", outputs.shape(), targets.shape());
    if (outputs.rank() == 0 || outputs.empty()) return;
    const Index rows = outputs.shape()[0], columns = outputs.size() / rows;
    if (mean_.empty()) {
      for (auto* sums : {&mean_, &deviation_, &residual_}) sums->assign(to_size(columns), 0.0);
    }
    if (static_cast<Index>(mean_.size()) != columns) {
      throw ShapeError("R2: outputs have shape " + outputs.shape().to_string() + ", expected " +
                       std::to_string(mean_.size()) + " columns as in earlier batches");
    }
    for (Index i = 0; i < rows; ++i) {
      samples_ += 1;
      for (std::size_t j = 0; j < mean_.size(); ++j) {
        const Index at = i * columns + static_cast<Index>(j);
        const auto t = static_cast<double>(targets.data()[at]);
        const double error = static_cast<double>(outputs.data()[at]) - t;
        residual_[j] += error * error;
        // Welford's update, which does not lose digits if the targets are far from 0.
        const double delta = t - mean_[j];
        mean_[j] += delta / samples_;
        deviation_[j] += delta * (t - mean_[j]);
      }
    }
  }
  /// Returns the coefficient so far; NaN before the first batch.
  double value() const {
    double sum = 0;
    for (std::size_t j = 0; j < mean_.size(); ++j) {
      if (!(deviation_[j] > 0)) return std::numeric_limits<double>::quiet_NaN();
      sum += 1 - residual_[j] / deviation_[j];
    }
    return sum / static_cast<double>(mean_.size());
  }
  /// Saves or loads the state: see train/archive.hpp.
  template <class Archive>
  void serialize(Archive& archive) {
    archive("samples", samples_);
    archive("mean", mean_);
    archive("deviation", deviation_);
    archive("residual", residual_);
  }

 private:
  double samples_ = 0;
  std::vector<double> mean_;       // of the targets
  std::vector<double> deviation_;  // sum of (t - mean)^2
  std::vector<double> residual_;   // sum of (y - t)^2
};

}  // namespace gradus
