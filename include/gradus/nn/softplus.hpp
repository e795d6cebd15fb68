// SPDX-License-Identifier: MIT

#pragma once

#include <string>

#include <gradus/core/format.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/ops/softplus.hpp>

namespace gradus::nn {

/// Options of Softplus.
struct SoftplusOptions {
  double beta = 1;
  double threshold = 20;  ///< where beta x exceeds it, the function is the identity
};

/// The smooth rectifier log(1 + exp(beta x)) / beta; any shape. As `torch.nn.Softplus`, which is the identity
/// where beta x exceeds the threshold.
template <class Scalar = float>
class Softplus {
 public:
  explicit Softplus(const SoftplusOptions& options = {}) : options_(options) {}

  const SoftplusOptions& options() const { return options_; }
  Shape output_shape(const Shape& x) const { return x; }

  // y = log(1 + exp(beta x)) / beta
  void forward(TensorView<const Scalar> x, TensorView<Scalar> y, Context&) const {
    ops::softplus<Scalar>(x, options_.beta, options_.threshold, y);
  }

  // dL/dx = dL/dy / (1 + exp(-beta x))
  void backward(TensorView<const Scalar> x, TensorView<const Scalar>, TensorView<const Scalar> dy,
                TensorView<Scalar> dx, Context&) const {
    ops::softplus_backward<Scalar>(x, dy, options_.beta, options_.threshold, dx);
  }

  template <class Other>
  Softplus<Other> cast() const {
    return Softplus<Other>(options_);
  }
  std::string name() const { return "Softplus(" + format_general(options_.beta) + ")"; }

 private:
  SoftplusOptions options_;
};

}  // namespace gradus::nn
