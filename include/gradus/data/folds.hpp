// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/random.hpp>
#include <gradus/data/dataset.hpp>

namespace gradus {

/// One fold of a cross-validation, for `data.select(fold.train)`.
struct Fold {
  std::vector<Index> train;       ///< samples to train on, in ascending order
  std::vector<Index> validation;  ///< samples held out, in ascending order
};

namespace detail {

inline void check_folds(const char* what, Index folds, Index samples) {
  if (folds >= 2 && folds <= samples) return;
  throw ArgumentError(std::string(what) + ": got " + std::to_string(folds) + " folds for " +
                      std::to_string(samples) + " samples, expected at least 2 and at most one per sample");
}

/// Returns the samples of each class, shuffled.
inline std::map<Index, std::vector<Index>> shuffled_classes(std::span<const Index> labels,
                                                            Generator& random) {
  std::map<Index, std::vector<Index>> classes;
  for (const Index sample : random.permutation(static_cast<Index>(labels.size())))
    classes[labels[to_size(sample)]].push_back(sample);
  return classes;
}

/// Returns the folds, given the fold in which each sample is held out.
inline std::vector<Fold> folds_of(const std::vector<Index>& fold_of_sample, Index count) {
  std::vector<Fold> folds(to_size(count));
  for (std::size_t sample = 0; sample < fold_of_sample.size(); ++sample) {
    for (Index fold = 0; fold < count; ++fold) {
      auto& part =
          fold == fold_of_sample[sample] ? folds[to_size(fold)].validation : folds[to_size(fold)].train;
      part.push_back(static_cast<Index>(sample));
    }
  }
  return folds;
}

}  // namespace detail

/// Splits samples at random into `folds` parts whose sizes differ by at most 1. Each part is held out once:
///
///     for (const Fold& fold : kfold(data.size(), 5, random))
///       trainer.fit(data.select(fold.train), data.select(fold.validation));
///
/// Throws ArgumentError unless 2 <= folds <= samples.
inline std::vector<Fold> kfold(Index samples, Index folds, Generator& random) {
  detail::check_folds("kfold", folds, samples);
  std::vector<Index> fold_of_sample(to_size(samples));
  Index place = 0;
  for (const Index sample : random.permutation(samples)) fold_of_sample[to_size(sample)] = place++ % folds;
  return detail::folds_of(fold_of_sample, folds);
}

/// Splits as kfold does, but stratified: the numbers of samples of a class in any two parts differ by at
/// most 1. Throws ArgumentError unless 2 <= folds <= number of labels.
inline std::vector<Fold> stratified_kfold(std::span<const Index> labels, Index folds, Generator& random) {
  detail::check_folds("stratified_kfold", folds, static_cast<Index>(labels.size()));
  std::vector<Index> fold_of_sample(labels.size());
  Index place = 0;  // continues across classes, so that the parts have equal sizes
  for (const auto& [label, samples] : detail::shuffled_classes(labels, random)) {
    for (const Index sample : samples) fold_of_sample[to_size(sample)] = place++ % folds;
  }
  return detail::folds_of(fold_of_sample, folds);
}

/// Splits as split does, but stratified: both parts have the same proportion of each class, to within one
/// sample. Samples keep their order. Throws ArgumentError if the fraction is outside [0, 1].
template <class Element>
TrainValidation<Dataset<Element, Index>> stratified_split(const Dataset<Element, Index>& data,
                                                          double validation_fraction, Generator& random) {
  if (!(validation_fraction >= 0 && validation_fraction <= 1)) {
    throw ArgumentError("stratified_split: validation fraction is " + format_shortest(validation_fraction) +
                        ", expected a number in [0, 1]");
  }
  data.size();
  std::vector<Index> train, validation;
  double exact = 0;  // carries the rounding error over to the next class
  for (const auto& [label, samples] : detail::shuffled_classes(data.labels.span(), random)) {
    exact += validation_fraction * static_cast<double>(samples.size());
    const auto wanted = static_cast<std::size_t>(std::llround(exact)) - validation.size();
    const std::size_t held_out = std::min(wanted, samples.size());
    validation.insert(validation.end(), samples.begin(), samples.begin() + static_cast<Index>(held_out));
    train.insert(train.end(), samples.begin() + static_cast<Index>(held_out), samples.end());
  }
  std::ranges::sort(train);
  std::ranges::sort(validation);
  TrainValidation<Dataset<Element, Index>> parts{data.select(train), data.select(validation)};
  parts.train.name = "train";
  parts.validation.name = "validation";
  return parts;
}

}  // namespace gradus
