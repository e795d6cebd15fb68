// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/random.hpp>

namespace gradus {

/// A sampler that draws the samples of a training epoch with replacement, with probabilities proportional to
/// their weights, for example so that rare classes appear as often as frequent ones:
///
///     Loader loader(data, {.sampler = WeightedSampler{balanced_weights(data.labels.span())}});
class WeightedSampler {
 public:
  /// Takes one weight per sample. Throws ArgumentError if a weight is negative or not finite, or if the sum
  /// is 0 or not finite.
  explicit WeightedSampler(std::span<const double> weights) {
    cumulative_.reserve(weights.size());
    double sum = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (!(weights[i] >= 0) || !std::isfinite(weights[i])) {
        throw ArgumentError("WeightedSampler: weight " + std::to_string(i) + " is " +
                            format_shortest(weights[i]) + ", expected a finite number >= 0");
      }
      cumulative_.push_back(sum += weights[i]);
    }
    if (!(sum > 0) || !std::isfinite(sum)) {
      throw ArgumentError("WeightedSampler: sum of the weights is " + format_shortest(sum) +
                          ", expected a finite number > 0");
    }
  }

  /// Fills `samples` with random indices. Throws ArgumentError unless its size equals the number of weights.
  void operator()(std::span<Index> samples, Generator& random) const {
    if (samples.size() != cumulative_.size()) {
      throw ArgumentError("WeightedSampler: got " + std::to_string(cumulative_.size()) + " weights for " +
                          std::to_string(samples.size()) + " samples, expected one per sample");
    }
    for (Index& sample : samples) {
      // upper_bound finds a strictly larger sum, so samples of weight 0 are never drawn.
      const double drawn = random.uniform<double>() * cumulative_.back();
      const auto found = std::ranges::upper_bound(cumulative_, drawn);
      sample = std::min(found - cumulative_.begin(), last_drawable());
    }
  }

 private:
  /// Returns the last sample with a non-zero weight, in case the product was rounded up to the sum.
  Index last_drawable() const {
    return std::ranges::lower_bound(cumulative_, cumulative_.back()) - cumulative_.begin();
  }

  std::vector<double> cumulative_;
};

/// Returns one weight per sample, 1 / the size of its class, so that a WeightedSampler draws all classes
/// equally often.
inline std::vector<double> balanced_weights(std::span<const Index> labels) {
  std::map<Index, double> counts;
  for (const Index label : labels) ++counts[label];
  std::vector<double> weights;
  weights.reserve(labels.size());
  for (const Index label : labels) weights.push_back(1 / counts[label]);
  return weights;
}

}  // namespace gradus
