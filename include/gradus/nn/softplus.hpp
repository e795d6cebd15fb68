#pragma once

#include <string>

#include <gradus/core/format.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/ops/softplus.hpp>

namespace gradus::nn {

/// The smooth rectifier log(1 + exp(beta x)) / beta; any shape. As `torch.nn.Softplus`, which is the identity
/// where beta x exceeds the threshold.
template <class Scalar = float>
struct Softplus {
  double beta = 1;
  double threshold = 20;

  Shape output_shape(const Shape& x) const { return x; }

  // y = log(1 + exp(beta x)) / beta
  void forward(TensorView<const Scalar> x, TensorView<Scalar> y, Context&) const {
    ops::softplus<Scalar>(x, beta, threshold, y);
  }

  // dL/dx = dL/dy / (1 + exp(-beta x))
  void backward(TensorView<const Scalar> x, TensorView<const Scalar>, TensorView<const Scalar> dy,
                TensorView<Scalar> dx, Context&) const {
    ops::softplus_backward<Scalar>(x, dy, beta, threshold, dx);
  }

  template <class Other>
  Softplus<Other> cast() const {
    return {beta, threshold};
  }
  std::string name() const { return "Softplus(" + format_general(beta) + ")"; }
};

Softplus(double)->Softplus<>;
Softplus(double, double)->Softplus<>;

}  // namespace gradus::nn
