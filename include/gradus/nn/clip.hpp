// SPDX-License-Identifier: MIT

#pragma once

#include <string>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>

namespace gradus::nn {

/// A module that clamps each element to [low, high], as `torch.clamp`, for inputs that may be far outside the
/// range seen in training. NaN stays NaN.
template <class Scalar = float>
class Clip {
 public:
  /// Throws ArgumentError unless low <= high.
  Clip(double low, double high) : low_(low), high_(high) {
    if (!(low <= high)) {
      throw ArgumentError("Clip: limits are " + format_shortest(low) + " and " + format_shortest(high) +
                          ", expected a lower one that is at most the upper one");
    }
  }

  /// Returns the smallest output.
  double low() const { return low_; }
  /// Returns the largest output.
  double high() const { return high_; }
  /// Returns x: the output has the same shape as the input.
  Shape output_shape(const Shape& x) const { return x; }

  /// Writes y = low where x < low, high where x > high, x elsewhere.
  void forward(TensorView<const Scalar> x, TensorView<Scalar> y, Context&) const {
    const auto low = static_cast<Scalar>(low_), high = static_cast<Scalar>(high_);
    for (Index i = 0; i < x.size(); ++i) {
      const Scalar value = x.data()[i];
      y.data()[i] = value < low ? low : value > high ? high : value;
    }
  }

  /// Writes dL/dx = dL/dy where low <= x <= high, 0 elsewhere.
  void backward(TensorView<const Scalar> x, TensorView<const Scalar>, TensorView<const Scalar> dy,
                TensorView<Scalar> dx, Context&) const {
    const auto low = static_cast<Scalar>(low_), high = static_cast<Scalar>(high_);
    for (Index i = 0; i < x.size(); ++i) {
      const Scalar value = x.data()[i];
      dx.data()[i] = value < low || value > high ? Scalar{0} : dy.data()[i];
    }
  }

  /// Returns the same module for another scalar type.
  template <class Other>
  Clip<Other> cast() const {
    return Clip<Other>(low_, high_);
  }
  /// Returns the name used in messages and summaries.
  std::string name() const { return "Clip(" + format_general(low_) + ", " + format_general(high_) + ")"; }

 private:
  double low_, high_;
};

}  // namespace gradus::nn
