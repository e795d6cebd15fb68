// SPDX-License-Identifier: MIT

#pragma once

#include <string>

#include <gradus/core/format.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/ops/softplus.hpp>

namespace gradus::nn {

/// Options of Softplus.
struct SoftplusOptions {
  /// How sharp the bend at 0 is.
  double beta = 1;
  double threshold = 20;  ///< where beta x exceeds it, the function is the identity
};

/// The smooth rectifier log(1 + exp(beta x)) / beta; any shape. As `torch.nn.Softplus`, which is the identity
/// where beta x exceeds the threshold.
template <class Scalar = float>
class Softplus {
 public:
  /// Takes the sharpness and the threshold above which the module is the identity.
  explicit Softplus(const SoftplusOptions& options = {}) : options_(options) {}

  /// The options that the module was made with.
  const SoftplusOptions& options() const { return options_; }
  /// Returns x: the output has the shape of the input.
  Shape output_shape(const Shape& x) const { return x; }

  /// Writes y = log(1 + exp(beta x)) / beta.
  void forward(TensorView<const Scalar> x, TensorView<Scalar> y, Context&) const {
    ops::softplus<Scalar>(x, options_.beta, options_.threshold, y);
  }

  /// Writes dL/dx = dL/dy / (1 + exp(-beta x)).
  void backward(TensorView<const Scalar> x, TensorView<const Scalar>, TensorView<const Scalar> dy,
                TensorView<Scalar> dx, Context&) const {
    ops::softplus_backward<Scalar>(x, dy, options_.beta, options_.threshold, dx);
  }

  /// Returns the same settings for another scalar.
  template <class Other>
  Softplus<Other> cast() const {
    return Softplus<Other>(options_);
  }
  /// Returns the name for messages and summaries.
  std::string name() const { return "Softplus(" + format_general(options_.beta) + ")"; }

 private:
  SoftplusOptions options_;
};

}  // namespace gradus::nn
