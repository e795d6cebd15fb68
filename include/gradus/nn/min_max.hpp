// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/feature_scaling.hpp>

namespace gradus::nn {

/// A module that maps each feature's range in the given data to [0, 1] or another range, as
/// `sklearn.preprocessing.MinMaxScaler`:
///
///     Sequential net{MinMax{train.inputs}, Linear{9, 32}, ReLU{}, Linear{32, 1}};
///
/// NaN values are ignored. A constant feature is mapped to the lower end. Other data may fall outside the
/// range; add a Clip to prevent that.
template <class Scalar = float>
class MinMax : public FeatureScaling<Scalar> {
 public:
  /// Starts as the identity, until constants are loaded. Throws ArgumentError for fewer than 1 feature.
  explicit MinMax(Index features) : FeatureScaling<Scalar>("MinMax", features) {}
  /// Computes the constants from `x`, `[..., features]`. Throws ArgumentError if a feature has no value or an
  /// infinite one, or unless low < high.
  explicit MinMax(const Tensor<Scalar>& x, double low = 0, double high = 1)
      : FeatureScaling<Scalar>("MinMax", x.view(),
                               [&](const std::vector<double>& column) { return range(column, low, high); }) {}

  /// Returns the inverse of this module: `net.push_back(targets.inverse())`.
  MinMax inverse() const {
    MinMax undone(this->features());
    undone.invert(*this);
    return undone;
  }
  /// Returns the same module for another scalar type.
  template <class Other>
  MinMax<Other> cast() const {
    MinMax<Other> other(this->features());
    other.convert(*this);
    return other;
  }
  /// Returns the name used in messages and summaries.
  std::string name() const { return "MinMax(" + std::to_string(this->features()) + ")"; }

 private:
  template <class>
  friend class MinMax;

  // (x - min) / (max - min) * (high - low) + low = (x - offset) / scale
  static std::pair<double, double> range(const std::vector<double>& column, double low, double high) {
    if (!(low < high)) {
      throw ArgumentError("MinMax: low is " + format_shortest(low) + " and high is " + format_shortest(high) +
                          ", expected low < high");
    }
    const auto [min, max] = std::ranges::minmax(column);
    const double width = max - min;
    const double scale = width > 0 ? width / (high - low) : 1;
    return {min - low * scale, scale};
  }
};

}  // namespace gradus::nn
