// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <span>
#include <string>

#include <gradus/core/error.hpp>
#include <gradus/core/matrix_view.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/nn/init.hpp>
#include <gradus/nn/parameter.hpp>
#include <gradus/ops/affine.hpp>

namespace gradus::nn {

/// Options for Linear.
struct LinearOptions {
  bool bias = true;  ///< whether the layer has a bias
};

/// The fully connected layer y = x W^T + b: `[N, in] -> [N, out]`, with W `[out, in]` and b `[out]`.
///
/// Weights and biases are drawn as in PyTorch, uniformly in +-1/sqrt(in). Without a generator, `Generator{0}`
/// is used, so that a program without seeds is reproducible. Two layers of the same shape then start equal;
/// to avoid that, pass a generator to them, or to Sequential::reset_parameters.
template <class Scalar = float>
struct Linear {
  /// `[out, in]`, as in PyTorch.
  Parameter<Scalar> weight;
  Parameter<Scalar> bias;  ///< empty if the layer has no bias

  /// Draws the weights from `random`. Throws ArgumentError if a size is negative.
  Linear(Index in, Index out, Generator& random, const LinearOptions& options = {});
  /// Draws the weights from a temporary generator.
  Linear(Index in, Index out, Generator&& random, const LinearOptions& options = {})
      : Linear(in, out, random, options) {}
  /// Draws the weights from a generator with the default seed.
  Linear(Index in, Index out, const LinearOptions& options = {}) : Linear(in, out, Generator{}, options) {}

  /// Returns the number of inputs per sample.
  Index in() const { return weight.value.shape()[1]; }
  /// Returns the number of outputs per sample.
  Index out() const { return weight.value.shape()[0]; }
  /// Returns whether the layer has a bias.
  bool has_bias() const { return has_bias_; }

  /// Returns `[N, out]`. Throws ShapeError unless x is `[N, in]`.
  Shape output_shape(const Shape& x) const {
    if (x.rank() != 2 || x[1] != in()) {
      throw ShapeError("Linear: input has shape " + x.to_string() + ", expected [N, " + std::to_string(in()) +
                       "]");
    }
    return Shape{x[0], out()};
  }

  /// Writes y = x W^T + b.
  void forward(TensorView<const Scalar> x, TensorView<Scalar> y, Context& context) const {
    ops::affine<Scalar>(x, weight.value, bias_view(), y, context.parallel());
  }

  /// Writes y = x W^T + b for one sample. Returns the number of outputs, or -1 if a size does not fit.
  Index forward_sample(std::span<const Scalar> x, std::span<Scalar> y, Context& context) const {
    const Shape& shape = weight.value.shape();
    if (static_cast<Index>(x.size()) != shape[1] || static_cast<Index>(y.size()) < shape[0]) return -1;
    ops::detail::affine_unchecked(MatrixView<const Scalar>(x.data(), 1, shape[1]),
                                  MatrixView<const Scalar>(weight.value.data(), shape[0], shape[1]),
                                  has_bias_ ? bias.value.data() : nullptr,
                                  MatrixView<Scalar>(y.data(), 1, shape[0]), context.parallel());
    return shape[0];
  }

  /// Writes dL/dx = dL/dy W.
  void backward(TensorView<const Scalar>, TensorView<const Scalar>, TensorView<const Scalar> dy,
                TensorView<Scalar> dx, Context& context) const {
    ops::affine_input_gradient<Scalar>(dy, weight.value, dx, context.parallel());
  }

  /// Adds to the gradients: dL/dW += (dL/dy)^T x,  dL/db += sum over the batch of dL/dy.
  void gradient(TensorView<const Scalar> x, TensorView<const Scalar> dy, Context& context) {
    if (weight.requires_grad) weight.gradient.add_product(dy, x, context.parallel());
    if (has_bias_ && bias.requires_grad) ops::affine_bias_gradient<Scalar>(dy, bias.grad().view());
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

  /// Redraws the weights and biases, as PyTorch does.
  void reset_parameters(Generator& random) {
    init::kaiming_uniform(weight.value.view(), random, std::sqrt(5.0));
    const double bound = in() > 0 ? 1 / std::sqrt(static_cast<double>(in())) : 0;
    if (has_bias_) init::uniform(bias.value.view(), random, -bound, bound);
  }

  /// Returns the name used in messages and summaries.
  std::string name() const {
    return "Linear(" + std::to_string(in()) + " -> " + std::to_string(out()) +
           (has_bias_ ? ")" : ", no bias)");
  }

 private:
  template <class Self, class F>
  static void visit_members(Self& self, F& f) {
    f("weight", self.weight);
    if (self.has_bias_) f("bias", self.bias);
  }
  static Shape checked_shape(Index in, Index out) {
    if (in < 0 || out < 0) {
      throw ArgumentError("Linear: sizes are " + std::to_string(in) + " -> " + std::to_string(out) +
                          ", expected both >= 0");
    }
    return Shape{out, in};
  }
  TensorView<const Scalar> bias_view() const {
    return has_bias_ ? bias.value.view() : TensorView<const Scalar>{};
  }

  bool has_bias_;
};

// Defined outside the class so that it is not inline: gradus/compiled.hpp declares it `extern`.
template <class Scalar>
Linear<Scalar>::Linear(Index in, Index out, Generator& random, const LinearOptions& options)
    : weight(Tensor<Scalar>(checked_shape(in, out))),
      bias(Tensor<Scalar>(Shape{options.bias ? out : 0})),
      has_bias_(options.bias) {
  reset_parameters(random);
}

}  // namespace gradus::nn
