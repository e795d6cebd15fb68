// SPDX-License-Identifier: MIT

#pragma once

#include <span>
#include <string>

#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/nn/sample.hpp>
#include <gradus/ops/leaky_relu.hpp>

namespace gradus::nn {

/// The leaky ReLU, as `torch.nn.LeakyReLU`: x where x > 0, slope x elsewhere, so that no unit dies for good.
/// Any shape.
template <class Scalar = float>
class LeakyReLU {
 public:
  /// Takes the slope for x < 0.
  explicit LeakyReLU(double slope = 0.01) : slope_(slope) {}

  /// Returns the slope for x < 0.
  double slope() const { return slope_; }
  /// Returns x: the output has the same shape as the input.
  Shape output_shape(const Shape& x) const { return x; }

  /// Writes y = x where x > 0, slope x elsewhere.
  void forward(TensorView<const Scalar> x, TensorView<Scalar> y, Context&) const {
    ops::leaky_relu<Scalar>(x, slope_, y);
  }

  /// Writes y for one sample. Returns its size, or -1 if y is too small.
  Index forward_sample(std::span<const Scalar> x, std::span<Scalar> y, Context&) const {
    return detail::map_sample(ops::detail::LeakyRelu<Scalar>{static_cast<Scalar>(slope_)}, x, y);
  }

  /// Writes dL/dx = dL/dy where x > 0, slope dL/dy elsewhere.
  void backward(TensorView<const Scalar> x, TensorView<const Scalar>, TensorView<const Scalar> dy,
                TensorView<Scalar> dx, Context&) const {
    ops::leaky_relu_backward<Scalar>(x, dy, slope_, dx);
  }

  /// Returns the same module for another scalar type.
  template <class Other>
  LeakyReLU<Other> cast() const {
    return LeakyReLU<Other>(slope_);
  }
  /// Returns the name used in messages and summaries.
  std::string name() const { return "LeakyReLU(" + format_general(slope_) + ")"; }

 private:
  double slope_;
};

}  // namespace gradus::nn
