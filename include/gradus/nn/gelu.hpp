// SPDX-License-Identifier: MIT

#pragma once

#include <string>

#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/ops/gelu.hpp>

namespace gradus::nn {

/// The function itself, or its approximation by tanh, within 5e-4 of it.
enum class GELUForm { exact, tanh };

/// The Gaussian error linear unit x P(X <= x), X ~ N(0, 1); any shape. As `torch.nn.GELU`.
template <class Scalar = float>
class GELU {
 public:
  /// Takes the exact form or the approximation by tanh.
  explicit GELU(GELUForm form = GELUForm::exact) : form_(form) {}

  /// The form that was chosen.
  GELUForm form() const { return form_; }
  /// Returns x: the output has the shape of the input.
  Shape output_shape(const Shape& x) const { return x; }

  /// Writes y = x/2 (1 + erf(x / sqrt 2)), or x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).
  void forward(TensorView<const Scalar> x, TensorView<Scalar> y, Context&) const {
    form_ == GELUForm::exact ? ops::gelu<Scalar>(x, y) : ops::gelu_tanh<Scalar>(x, y);
  }

  /// Writes dL/dx = dL/dy (P(X <= x) + x p(x)), or the derivative of the other form.
  void backward(TensorView<const Scalar> x, TensorView<const Scalar>, TensorView<const Scalar> dy,
                TensorView<Scalar> dx, Context&) const {
    form_ == GELUForm::exact ? ops::gelu_backward<Scalar>(x, dy, dx)
                             : ops::gelu_tanh_backward<Scalar>(x, dy, dx);
  }

  /// Returns the same settings for another scalar.
  template <class Other>
  GELU<Other> cast() const {
    return GELU<Other>(form_);
  }
  /// Returns the name for messages and summaries.
  std::string name() const { return form_ == GELUForm::exact ? "GELU" : "GELU(tanh)"; }

 private:
  GELUForm form_;
};

}  // namespace gradus::nn
