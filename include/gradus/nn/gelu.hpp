// SPDX-License-Identifier: MIT

#pragma once

#include <string>

#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/ops/gelu.hpp>

namespace gradus::nn {

/// The exact function, or the tanh approximation, which is within 5e-4 of it.
enum class GELUForm { exact, tanh };

/// The Gaussian error linear unit, as `torch.nn.GELU`: x P(X <= x) with X ~ N(0, 1). Any shape.
template <class Scalar = float>
class GELU {
 public:
  /// Takes the form: exact or the tanh approximation.
  explicit GELU(GELUForm form = GELUForm::exact) : form_(form) {}

  /// Returns the form.
  GELUForm form() const { return form_; }
  /// Returns x: the output has the same shape as the input.
  Shape output_shape(const Shape& x) const { return x; }

  /// Writes y = x/2 (1 + erf(x / sqrt 2)), or x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).
  void forward(TensorView<const Scalar> x, TensorView<Scalar> y, Context&) const {
    form_ == GELUForm::exact ? ops::gelu<Scalar>(x, y) : ops::gelu_tanh<Scalar>(x, y);
  }

  /// Writes dL/dx = dL/dy (P(X <= x) + x p(x)) with the density p of X, or the derivative of the tanh form.
  void backward(TensorView<const Scalar> x, TensorView<const Scalar>, TensorView<const Scalar> dy,
                TensorView<Scalar> dx, Context&) const {
    form_ == GELUForm::exact ? ops::gelu_backward<Scalar>(x, dy, dx)
                             : ops::gelu_tanh_backward<Scalar>(x, dy, dx);
  }

  /// Returns the same module for another scalar type.
  template <class Other>
  GELU<Other> cast() const {
    return GELU<Other>(form_);
  }
  /// Returns the name used in messages and summaries.
  std::string name() const { return form_ == GELUForm::exact ? "GELU" : "GELU(tanh)"; }

 private:
  GELUForm form_;
};

}  // namespace gradus::nn
