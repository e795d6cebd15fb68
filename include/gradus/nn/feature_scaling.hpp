// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>

namespace gradus::nn {

/// The base of Standardize and MinMax, which scale each feature by constants. The constants are buffers: they
/// are saved, loaded and exported with the network, and training does not change them.
template <class Scalar>
class FeatureScaling {
 public:
  /// The constants that are subtracted, `[features]`.
  Tensor<Scalar> offset;
  /// The divisors, `[features]`.
  Tensor<Scalar> scale;

  /// Returns the size of the last axis.
  Index features() const { return offset.size(); }
  /// Returns x. Throws ShapeError unless x is `[..., features]`.
  Shape output_shape(const Shape& x) const {
    if (x.rank() > 0 && x[x.rank() - 1] == features()) return x;
    throw ShapeError(std::string(kind_) + ": input has shape " + x.to_string() + ", expected [..., " +
                     std::to_string(features()) + "]");
  }

  /// Writes y = (x - offset) / scale.
  void forward(TensorView<const Scalar> x, TensorView<Scalar> y, Context&) const {
    each(x.size(), [&](Index i, Index feature) {
      y.data()[i] = (x.data()[i] - offset.data()[feature]) / scale.data()[feature];
    });
  }
  /// Writes dL/dx = dL/dy / scale.
  void backward(TensorView<const Scalar>, TensorView<const Scalar>, TensorView<const Scalar> dy,
                TensorView<Scalar> dx, Context&) const {
    each(dy.size(), [&](Index i, Index feature) { dx.data()[i] = dy.data()[i] / scale.data()[feature]; });
  }

  /// Returns x scaled, for data outside a network, such as regression targets. Throws ShapeError.
  Tensor<Scalar> operator()(TensorView<const Scalar> x) const {
    Tensor<Scalar> y(output_shape(x.shape()));
    Context context;
    forward(x, y, context);
    return y;
  }

  /// Calls f(name, tensor) for the constants.
  template <class F>
  void visit_buffers(F&& f) {
    f("offset", offset);
    f("scale", scale);
  }
  /// Calls f(name, tensor) for the constants.
  template <class F>
  void visit_buffers(F&& f) const {
    f("offset", offset);
    f("scale", scale);
  }

 protected:
  /// Starts as the identity, until constants are loaded. `kind` is the prefix of messages. Throws
  /// ArgumentError for fewer than 1 feature.
  FeatureScaling(const char* kind, Index features) : kind_(kind) {
    if (features < 1) {
      throw ArgumentError(std::string(kind) + ": " + std::to_string(features) +
                          " features, expected at least 1");
    }
    offset = Tensor<Scalar>(Shape{features});
    scale = Tensor<Scalar>::ones({features});
  }

  /// Calls `f(column)` with the values of each feature of `x`, `[..., features]`, except NaN; f returns the
  /// feature's offset and scale as a pair. A scale of 0, as f may return for equal values, becomes 1. Throws
  /// ArgumentError if a feature has no value or an infinite one.
  template <class F>
  FeatureScaling(const char* kind, TensorView<const Scalar> x, const F& f)
      : FeatureScaling(kind, x.rank() > 0 ? x.shape()[x.rank() - 1] : 0) {
    std::vector<double> column;
    for (Index feature = 0; feature < features(); ++feature) {
      column.clear();
      for (Index i = feature; i < x.size(); i += features()) {
        const auto value = static_cast<double>(x.data()[i]);
        if (std::isnan(value)) continue;
        if (std::isinf(value)) throw_feature(feature, "an infinite value");
        column.push_back(value);
      }
      if (column.empty()) throw_feature(feature, "no value");
      const auto [subtracted, divisor] = f(std::as_const(column));
      offset(feature) = static_cast<Scalar>(subtracted);
      const auto rounded = static_cast<Scalar>(divisor);
      scale(feature) = rounded > 0 || rounded < 0 ? rounded : Scalar{1};
    }
  }

  /// Sets the constants to those of the inverse of `other`.
  void invert(const FeatureScaling& other) {
    for (Index i = 0; i < features(); ++i) {
      offset(i) = -other.offset(i) / other.scale(i);
      scale(i) = Scalar{1} / other.scale(i);
    }
  }
  /// Copies the constants of a module of another scalar type.
  template <class Other>
  void convert(const FeatureScaling<Other>& other) {
    for (Index i = 0; i < features(); ++i) {
      offset(i) = static_cast<Scalar>(other.offset(i));
      scale(i) = static_cast<Scalar>(other.scale(i));
    }
  }

 private:
  template <class F>
  void each(Index size, const F& f) const {
    for (Index row = 0; row < size; row += features()) {
      for (Index feature = 0; feature < features(); ++feature) f(row + feature, feature);
    }
  }
  [[noreturn]] void throw_feature(Index feature, const char* what) const {
    throw ArgumentError(std::string(kind_) + ": feature " + std::to_string(feature) + " has " + what +
                        ", expected finite values");
  }

  const char* kind_;
};

}  // namespace gradus::nn
