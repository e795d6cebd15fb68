// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/train/metrics.hpp>

namespace gradus {

/// Counts of true and predicted classes: `[C, C]`, indexed by (true class, predicted class).
///
/// A sample with a NaN score has no predicted class. It is counted separately, as `unpredicted`, and included
/// in the number of samples, so it lowers accuracy and recall but not precision.
class ConfusionMatrix {
 public:
  /// Throws ArgumentError for fewer than one class.
  explicit ConfusionMatrix(Index classes)
      : counts_(Shape{checked(classes), classes}), unpredicted_(Shape{classes}) {}

  /// Counts every sample of a batch of scores, `[N, C]`. Throws ShapeError, or IndexError for a label outside
  /// [0, C), before counting anything.
  template <class Scores>
  void add(const Scores& scores, std::span<const Index> labels) {
    detail::check_labels("ConfusionMatrix", scores.shape(), labels);
    if (scores.shape()[1] != classes()) {
      throw ShapeError("ConfusionMatrix: scores have shape " + scores.shape().to_string() +
                       ", expected [N, " + std::to_string(classes()) + "]");
    }
    const std::vector<Index> predicted = predicted_classes(scores);
    for (std::size_t i = 0; i < labels.size(); ++i) add(labels[i], predicted[i]);
  }
  /// Counts one sample. `predicted` may be `no_class`. Throws IndexError.
  void add(Index label, Index predicted) {
    if (predicted == no_class)
      ++unpredicted_(label);
    else
      ++counts_(label, predicted);
  }

  /// Returns the number of classes.
  Index classes() const { return counts_.shape()[0]; }
  /// Returns the counts, `[true class, predicted class]`.
  const Tensor<Index>& counts() const& { return counts_; }
  /// Returns the counts, `[true class, predicted class]`.
  Tensor<Index> counts() && { return std::move(counts_); }
  /// Returns the number of samples, including those without a predicted class.
  Index samples() const { return counts_.array().sum() + unpredicted(); }
  /// Returns the number of samples without a predicted class, because a score was NaN.
  Index unpredicted() const { return unpredicted_.array().sum(); }
  /// Returns the number of these samples that belong to a class. Throws IndexError.
  Index unpredicted(Index label) const { return unpredicted_(label); }

  /// Returns the fraction of all samples that are classified correctly; NaN if there are none. The other
  /// ratios are likewise NaN if undefined.
  double accuracy() const { return ratio(counts_.matrix().trace(), samples()); }
  /// Returns the fraction of the samples predicted as this class that belong to it. Throws IndexError.
  double precision(Index label) const {
    return ratio(counts_(label, label), counts_.matrix().col(label).sum());
  }
  /// Returns the fraction of the samples of this class that are predicted as it. Throws IndexError.
  double recall(Index label) const { return ratio(counts_(label, label), samples_of(label)); }
  /// Returns the harmonic mean of precision and recall. Throws IndexError.
  double f1(Index label) const {
    return ratio(2 * counts_(label, label), samples_of(label) + counts_.matrix().col(label).sum());
  }

  /// Returns a human-readable table with one row per true class and one column per predicted class, plus one
  /// for samples without a predicted class if there are any. The last column is the recall of each row, the
  /// last row the precision of each column and the accuracy.
  std::string to_string(std::span<const std::string> class_names = {}) const;

 private:
  static Index checked(Index classes) {
    if (classes < 1) {
      throw ArgumentError("ConfusionMatrix: number of classes is " + std::to_string(classes) +
                          ", expected at least 1");
    }
    return classes;
  }
  Index samples_of(Index label) const { return counts_.matrix().row(label).sum() + unpredicted_(label); }
  static double ratio(Index part, Index whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole)
                     : std::numeric_limits<double>::quiet_NaN();
  }

  Tensor<Index> counts_;
  Tensor<Index> unpredicted_;
};

inline std::string ConfusionMatrix::to_string(std::span<const std::string> class_names) const {
  const auto padded = [](const std::string& text, std::size_t width) {
    return std::string(width - std::min(width, text.size()), ' ') + text;
  };
  const auto share = [](double value) { return format_fixed(value, 3); };
  std::vector<std::string> names;
  std::size_t name_width = std::string("precision").size();
  for (std::size_t c = 0; c < to_size(classes()); ++c) {
    names.push_back(std::to_string(c) + (c < class_names.size() ? " " + class_names[c] : ""));
    name_width = std::max(name_width, names.back().size());
  }
  const std::size_t width = std::max(std::to_string(samples()).size(), std::string("0.000").size()) + 1;

  std::string table(name_width, ' ');
  for (Index c = 0; c < classes(); ++c) table += padded(std::to_string(c), width);
  const bool any_unpredicted = unpredicted() > 0;
  if (any_unpredicted) table += padded("NaN", width);
  table += "  recall\n";
  for (Index row = 0; row < classes(); ++row) {
    const std::string& name = names[to_size(row)];
    table += name + std::string(name_width - name.size(), ' ');
    for (Index column = 0; column < classes(); ++column) {
      table += padded(std::to_string(counts_(row, column)), width);
    }
    if (any_unpredicted) table += padded(std::to_string(unpredicted(row)), width);
    table += "  " + padded(share(recall(row)), 6) + "\n";
  }
  table += "precision" + std::string(name_width - 9, ' ');
  for (Index c = 0; c < classes(); ++c) table += padded(share(precision(c)), width);
  if (any_unpredicted) table += padded("", width);
  return table + "  " + padded(share(accuracy()), 6) + "\n";
}

}  // namespace gradus
