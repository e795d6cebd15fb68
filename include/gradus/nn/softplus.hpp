// SPDX-License-Identifier: MIT

#pragma once

#include <string>

#include <gradus/core/format.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/ops/softplus.hpp>

namespace gradus::nn {

/// Options for Softplus; the defaults are PyTorch's.
struct SoftplusOptions {
  /// The sharpness of the bend at 0.
  double beta = 1;
  double threshold = 20;  ///< the function is the identity where beta x exceeds it
};

/// The smooth rectifier log(1 + exp(beta x)) / beta, as `torch.nn.Softplus`: the identity where beta x
/// exceeds the threshold. Any shape.
template <class Scalar = float>
class Softplus {
 public:
  /// Takes the options.
  explicit Softplus(const SoftplusOptions& options = {}) : options_(options) {}

  /// Returns the options passed to the constructor.
  const SoftplusOptions& options() const { return options_; }
  /// Returns x: the output has the same shape as the input.
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

  /// Returns the same module for another scalar type.
  template <class Other>
  Softplus<Other> cast() const {
    return Softplus<Other>(options_);
  }
  /// Returns the name used in messages and summaries.
  std::string name() const { return "Softplus(" + format_general(options_.beta) + ")"; }

 private:
  SoftplusOptions options_;
};

}  // namespace gradus::nn
