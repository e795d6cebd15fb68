// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/index.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/feature_scaling.hpp>

namespace gradus::nn {

/// A module that subtracts each feature's mean in the given data and divides by its standard deviation, as
/// `sklearn.preprocessing.StandardScaler`:
///
///     Sequential net{Standardize{train.inputs}, Linear{9, 32}, ReLU{}, Linear{32, 1}};
///
/// NaN values are ignored. A constant feature is only shifted.
template <class Scalar = float>
class Standardize : public FeatureScaling<Scalar> {
 public:
  /// Starts as the identity, until constants are loaded. Throws ArgumentError for fewer than 1 feature.
  explicit Standardize(Index features) : FeatureScaling<Scalar>("Standardize", features) {}
  /// Computes the constants from `x`, `[..., features]`. Throws ArgumentError if a feature has no value or an
  /// infinite one.
  explicit Standardize(const Tensor<Scalar>& x) : FeatureScaling<Scalar>("Standardize", x.view(), moments) {}

  /// Returns the inverse of this module: `net.push_back(targets.inverse())`.
  Standardize inverse() const {
    Standardize undone(this->features());
    undone.invert(*this);
    return undone;
  }
  /// Returns the same module for another scalar type.
  template <class Other>
  Standardize<Other> cast() const {
    Standardize<Other> other(this->features());
    other.convert(*this);
    return other;
  }
  /// Returns the name used in messages and summaries.
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
