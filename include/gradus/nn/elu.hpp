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
#include <gradus/ops/elu.hpp>

namespace gradus::nn {

/// The exponential linear unit, as `torch.nn.ELU`: x where x > 0, alpha (exp(x) - 1) elsewhere. Any shape.
template <class Scalar = float>
class ELU {
 public:
  /// Takes alpha; outputs approach -alpha as x goes to minus infinity.
  explicit ELU(double alpha = 1) : alpha_(alpha) {}

  /// Returns alpha.
  double alpha() const { return alpha_; }
  /// Returns x: the output has the same shape as the input.
  Shape output_shape(const Shape& x) const { return x; }

  /// Writes y = x where x > 0, alpha (exp(x) - 1) elsewhere.
  void forward(TensorView<const Scalar> x, TensorView<Scalar> y, Context&) const {
    ops::elu<Scalar>(x, alpha_, y);
  }

  /// Writes y for one sample. Returns its size, or -1 if y is too small.
  Index forward_sample(std::span<const Scalar> x, std::span<Scalar> y, Context&) const {
    return detail::map_sample(ops::detail::Elu<Scalar>{static_cast<Scalar>(alpha_)}, x, y);
  }

  /// Writes dL/dx = dL/dy where x > 0, alpha exp(x) dL/dy elsewhere.
  void backward(TensorView<const Scalar> x, TensorView<const Scalar>, TensorView<const Scalar> dy,
                TensorView<Scalar> dx, Context&) const {
    ops::elu_backward<Scalar>(x, dy, alpha_, dx);
  }

  /// Returns the same module for another scalar type.
  template <class Other>
  ELU<Other> cast() const {
    return ELU<Other>(alpha_);
  }
  /// Returns the name used in messages and summaries.
  std::string name() const { return "ELU(" + format_general(alpha_) + ")"; }

 private:
  double alpha_;
};

}  // namespace gradus::nn
