// SPDX-License-Identifier: MIT

#pragma once

#include <string>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/nn/parameter.hpp>
#include <gradus/ops/layer_norm.hpp>

namespace gradus::nn {

/// Options for LayerNorm; the defaults are PyTorch's.
struct LayerNormOptions {
  /// Added to the variance before the square root.
  double epsilon = 1e-5;
  bool affine = true;  ///< whether the module has a weight and a bias
};

/// Layer normalisation over the last axis, `[..., D] -> [..., D]` (Ba et al., 2016), as `torch.nn.LayerNorm`.
template <class Scalar = float>
class LayerNorm {
 public:
  Parameter<Scalar> weight;  ///< `[D]`, initially 1; empty unless affine
  Parameter<Scalar> bias;    ///< `[D]`, initially 0; empty unless affine

  /// Throws ArgumentError for fewer than 1 feature or a negative epsilon.
  explicit LayerNorm(Index features, const LayerNormOptions& options = {})
      : features_(features), options_(options) {
    if (features < 1 || !(options.epsilon >= 0)) {
      throw ArgumentError("LayerNorm: features " + std::to_string(features) + ", epsilon " +
                          format_shortest(options.epsilon) +
                          ", expected at least 1 feature and an epsilon of at least 0");
    }
    if (!options.affine) return;
    weight = Parameter<Scalar>(Tensor<Scalar>::ones({features}));
    bias = Parameter<Scalar>(Tensor<Scalar>(Shape{features}));
  }

  /// Returns the size of the last axis.
  Index features() const { return features_; }
  /// Returns the options passed to the constructor.
  const LayerNormOptions& options() const { return options_; }

  /// Returns x. Throws ShapeError unless x is `[..., D]`.
  Shape output_shape(const Shape& x) const {
    if (x.rank() == 0 || x[-1] != features_) {
      throw ShapeError("LayerNorm: input has shape " + x.to_string() + ", expected [..., " +
                       std::to_string(features_) + "]");
    }
    return x;
  }

  /// Writes y = w (x - m) r + b,  r = 1 / sqrt(v + eps), with mean m and variance v of the row.
  void forward(TensorView<const Scalar> x, TensorView<Scalar> y, Context& context) const {
    ops::layer_norm<Scalar>(x, view(weight), view(bias), options_.epsilon, y, mean(x, context),
                            inverse_deviation(x, context), mean_rest(x, context));
  }

  /// Writes dL/dx = r (g - mean(g) - h mean(h g)),  h = (x - m) r, g = w dL/dy.
  void backward(TensorView<const Scalar> x, TensorView<const Scalar>, TensorView<const Scalar> dy,
                TensorView<Scalar> dx, Context& context) const {
    ops::layer_norm_backward<Scalar>(x, dy, view(weight), mean(x, context), inverse_deviation(x, context), dx,
                                     mean_rest(x, context));
  }

  /// Adds to the gradients: dL/dw += sum over the rows of dL/dy h,  dL/db += sum over the rows of dL/dy.
  void gradient(TensorView<const Scalar> x, TensorView<const Scalar> dy, Context& context) {
    if (!options_.affine) return;
    ops::layer_norm_parameter_gradient<Scalar>(x, dy, mean(x, context), inverse_deviation(x, context),
                                               gradient_view(weight, weight_sink_slot, context),
                                               gradient_view(bias, bias_sink_slot, context),
                                               mean_rest(x, context));
  }

  /// Calls f(name, parameter) for each parameter.
  template <class F>
  void visit(F&& f) {
    visit_members(*this, f);
  }
  /// Calls f(name, parameter) for each parameter.
  template <class F>
  void visit(F&& f) const {
    visit_members(*this, f);
  }
  /// Resets the parameters to their initial values, as PyTorch does.
  void reset_parameters(Generator&) {
    weight.value.fill(Scalar{1});
    bias.value.fill(Scalar{0});
    weight.zero_grad();
    bias.zero_grad();
  }

  /// Returns the name used in messages and summaries.
  std::string name() const { return "LayerNorm(" + std::to_string(features_) + ")"; }

 private:
  /// The buffer slots in the context; the first three hold one value per row.
  enum Slot : Index { mean_slot, inverse_deviation_slot, mean_rest_slot, weight_sink_slot, bias_sink_slot };

  /// Returns the gradient to add to, or a scratch buffer if the parameter is frozen.
  static TensorView<Scalar> gradient_view(Parameter<Scalar>& parameter, Slot sink, Context& context) {
    if (parameter.requires_grad) return parameter.grad().view();
    const TensorView<Scalar> ignored = context.buffer<Scalar>(sink, parameter.value.shape());
    ignored.array().setZero();
    return ignored;
  }

  template <class Self, class F>
  static void visit_members(Self& self, F& f) {
    if (!self.options_.affine) return;
    f("weight", self.weight);
    f("bias", self.bias);
  }
  TensorView<Scalar> mean(TensorView<const Scalar> x, Context& context) const {
    return context.buffer<Scalar>(mean_slot, Shape{x.size() / features_});
  }
  TensorView<Scalar> inverse_deviation(TensorView<const Scalar> x, Context& context) const {
    return context.buffer<Scalar>(inverse_deviation_slot, Shape{x.size() / features_});
  }
  TensorView<Scalar> mean_rest(TensorView<const Scalar> x, Context& context) const {
    return context.buffer<Scalar>(mean_rest_slot, Shape{x.size() / features_});
  }
  TensorView<const Scalar> view(const Parameter<Scalar>& parameter) const {
    return options_.affine ? parameter.value.view() : TensorView<const Scalar>{};
  }

  Index features_;
  LayerNormOptions options_;
};

}  // namespace gradus::nn
