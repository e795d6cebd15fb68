// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/eigen.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/feature_scaling.hpp>

namespace gradus::nn {

/// Subtracts the mean of each feature and divides by its standard deviation, both of the data that it was
/// made from, as `sklearn.preprocessing.StandardScaler`:
///
///     Sequential net{Standardize{train.inputs}, Linear{9, 32}, ReLU{}, Linear{32, 1}};
///
/// NaN values do not count. A feature of equal values is only shifted.
template <class Scalar = float>
class Standardize : public FeatureScaling<Scalar> {
 public:
  /// Changes nothing, until a file is loaded. Throws ArgumentError for fewer than 1 feature.
  explicit Standardize(Index features) : FeatureScaling<Scalar>("Standardize", features) {}
  /// Takes the constants from `x`, `[..., features]`. Throws ArgumentError if a feature has no value or an
  /// infinite one.
  explicit Standardize(const Tensor<Scalar>& x) : FeatureScaling<Scalar>("Standardize", x.view(), moments) {}

  /// Returns the module that undoes this one: `net.push_back(targets.inverse())`.
  Standardize inverse() const {
    Standardize undone(this->features());
    undone.invert(*this);
    return undone;
  }
  /// Returns the same constants for another scalar.
  template <class Other>
  Standardize<Other> cast() const {
    Standardize<Other> other(this->features());
    other.convert(*this);
    return other;
  }
  /// Returns the name for messages and summaries.
  std::string name() const { return "Standardize(" + std::to_string(this->features()) + ")"; }

 private:
  template <class>
  friend class Standardize;

  static std::pair<double, double> moments(const std::vector<double>& column) {
    double mean = 0, variance = 0;
    for (const double value : column) mean += value;
    mean /= static_cast<double>(column.size());
    for (const double value : column) variance += (value - mean) * (value - mean);
    return {mean, std::sqrt(variance / static_cast<double>(column.size()))};
  }
};

}  // namespace gradus::nn
