// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>

namespace gradus {

/// A metric that was added to a trainer, and its value.
struct NamedMetric {
  /// The name under which it was added.
  std::string name = {};
  /// The value; NaN if it could not be computed.
  double value = std::numeric_limits<double>::quiet_NaN();
};

/// Averages over samples; NaN if there is nothing to average.
struct Metrics {
  /// The mean loss.
  double loss = std::numeric_limits<double>::quiet_NaN();
  double accuracy = std::numeric_limits<double>::quiet_NaN();  ///< NaN if the loss does not classify
  /// The number of samples.
  Index samples = 0;
  /// The metrics that were added to the trainer, in the order of addition.
  std::vector<NamedMetric> named = {};

  /// Returns the metric with this name, or null.
  const NamedMetric* find(std::string_view name) const& {
    const auto found = std::ranges::find(named, name, &NamedMetric::name);
    return found == named.end() ? nullptr : &*found;
  }
  const NamedMetric* find(std::string_view name) const&& = delete;
};

namespace detail {

inline void check_labels(const char* metric, const Shape& scores, std::span<const Index> labels) {
  if (scores.rank() != 2 || scores[0] != static_cast<Index>(labels.size())) {
    throw ShapeError(std::string(metric) + ": scores have shape " + scores.to_string() + " for " +
                     std::to_string(labels.size()) + " labels, expected [N, C] for N labels");
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0 || labels[i] >= scores[1]) {
      throw IndexError(std::string(metric) + ": the label of sample " + std::to_string(i) + " is " +
                       std::to_string(labels[i]) + ", expected one in [0, " + std::to_string(scores[1]) +
                       ")");
    }
  }
}

/// Returns how many classes rank before this one when a sample's scores are sorted in descending order. Equal
/// scores keep the order of their classes, and NaN ranks before all others. A label whose own score is NaN
/// ranks last, after any k, so that NaN is never correct.
template <class Scalar>
Index rank_of(Index label, std::span<const Scalar> scores) {
  const Scalar own = scores[to_size(label)];
  if (std::isnan(static_cast<double>(own))) return std::numeric_limits<Index>::max();
  Index rank = 0;
  for (std::size_t c = 0; c < scores.size(); ++c) {
    if (static_cast<Index>(c) < label ? !(scores[c] < own)
                                      : static_cast<Index>(c) > label && !(scores[c] <= own))
      ++rank;
  }
  return rank;
}

}  // namespace detail

/// The class that predicted_classes returns for a sample with a NaN score. It equals no label, so that NaN is
/// never correct.
inline constexpr Index no_class = -1;

/// Returns the class with the highest score for each sample, `[N, C] -> N`: the first of equals, or
/// `no_class` if a score is NaN. Throws ShapeError unless the scores have rank 2 and C > 0.
template <class Scores>
std::vector<Index> predicted_classes(const Scores& all_scores) {
  const TensorView<const typename Scores::scalar_type> scores = all_scores;
  if (scores.rank() != 2 || scores.shape()[1] == 0) {
    throw ShapeError("predicted_classes: scores have shape " + scores.shape().to_string() +
                     ", expected [N, C] with C > 0");
  }
  std::vector<Index> classes;
  classes.reserve(to_size(scores.shape()[0]));
  for (Index i = 0; i < scores.shape()[0]; ++i) {
    const auto row = scores[i].span();
    const bool has_nan = std::ranges::any_of(row, [](auto x) { return std::isnan(static_cast<double>(x)); });
    classes.push_back(has_nan ? no_class : std::ranges::max_element(row) - row.begin());
  }
  return classes;
}

/// Returns the fraction of samples whose label is among the k classes with the highest scores, `[N, C]`; 0 if
/// there are no samples. Scores may be logits or probabilities. NaN ranks before all other scores, but is
/// never correct. Throws ShapeError, IndexError for a label outside [0, C), or ArgumentError for k below 1.
template <class Scores>
double top_k_accuracy(const Scores& all_scores, std::span<const Index> labels, Index k) {
  const TensorView<const typename Scores::scalar_type> scores = all_scores;
  detail::check_labels("top_k_accuracy", scores.shape(), labels);
  if (k < 1) throw ArgumentError("top_k_accuracy: k is " + std::to_string(k) + ", expected at least 1");
  Index hits = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (detail::rank_of(labels[i], scores[static_cast<Index>(i)].span()) < k) ++hits;
  }
  return labels.empty() ? 0 : static_cast<double>(hits) / static_cast<double>(labels.size());
}

/// Returns the fraction of samples whose label has the highest score, `[N, C]`: see top_k_accuracy.
template <class Scores>
double accuracy(const Scores& scores, std::span<const Index> labels) {
  return top_k_accuracy(scores, labels, 1);
}

}  // namespace gradus
