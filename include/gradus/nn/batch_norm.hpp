// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/nn/parameter.hpp>
#include <gradus/nn/shared_statistics.hpp>
#include <gradus/ops/batch_norm.hpp>
#include <gradus/ops/batch_statistics.hpp>
#include <gradus/ops/elementwise.hpp>

namespace gradus::nn {

/// Options for BatchNorm1d; the defaults are PyTorch's.
struct BatchNorm1dOptions {
  /// Added to the variance before the square root.
  double epsilon = 1e-5;
  double momentum = 0.1;  ///< weight of a new batch in the running statistics
  bool affine = true;     ///< whether the module has a weight and a bias
};

/// Batch normalisation `[N, C] -> [N, C]` (Ioffe and Szegedy, 2015), as `torch.nn.BatchNorm1d`. In training,
/// it uses the mean and variance of the batch and then updates the running statistics; otherwise it uses the
/// running statistics. Several processes that share a batch use the statistics of the whole batch.
template <class Scalar = float>
class BatchNorm1d {
 public:
  Parameter<Scalar> weight;         ///< `[C]`, initially 1; empty unless affine
  Parameter<Scalar> bias;           ///< `[C]`, initially 0; empty unless affine
  Tensor<Scalar> running_mean;      ///< `[C]`, initially 0
  Tensor<Scalar> running_variance;  ///< `[C]`, initially 1; unbiased estimate
  /// The number of training passes so far, as in PyTorch. Saturates instead of overflowing.
  std::int64_t num_batches_tracked = 0;

  /// Throws ArgumentError if `features` or epsilon is negative or the momentum is outside [0, 1].
  explicit BatchNorm1d(Index features, const BatchNorm1dOptions& options = {})
      : running_mean(Shape{checked(features, options)}),
        running_variance(Tensor<Scalar>::ones({features})),
        options_(options) {
    if (!options.affine) return;
    weight = Parameter<Scalar>(Tensor<Scalar>::ones({features}));
    bias = Parameter<Scalar>(Tensor<Scalar>(Shape{features}));
  }

  /// Returns the size of the last axis.
  Index features() const { return running_mean.size(); }
  /// Returns the options passed to the constructor.
  const BatchNorm1dOptions& options() const { return options_; }

  /// Returns x. Throws ShapeError unless x is `[N, C]`.
  Shape output_shape(const Shape& x) const {
    if (x.rank() != 2 || x[1] != features()) {
      throw ShapeError("BatchNorm1d: input has shape " + x.to_string() + ", expected [N, " +
                       std::to_string(features()) + "]");
    }
    return x;
  }

  /// Writes y = w (x - m) r + b, r = 1 / sqrt(v + eps), where m and v are the statistics of the batch in
  /// training and the running statistics otherwise. Throws ShapeError for a training batch of 1, which has no
  /// variance.
  void forward(TensorView<const Scalar> x, TensorView<Scalar> y, Context& context) const {
    const Statistics s(context, features());
    const bool is_shared = context.shared().processes != nullptr;
    const Index count = is_shared ? context.shared().rows : x.shape()[0];
    if (context.training() && count == 1)
      throw ShapeError("BatchNorm1d: input has shape " + x.shape().to_string() +
                       " in training, expected a batch of at least 2");
    if (context.training() && count > 1) {
      if (x.shape()[0] > 0) ops::batch_statistics<Scalar>(x, s.mean, s.variance, s.mean_rest);
      if (is_shared) {
        detail::share_statistics<Scalar>(context.shared(), x.shape()[0], s.mean, s.variance, s.mean_rest,
                                         context.buffer<double>(shared_slot, running_mean.shape()));
      }
    } else {
      s.mean.array() = running_mean.array();
      s.mean_rest.array().setZero();
      s.variance.array() = running_variance.array();
    }
    ops::inverse_deviation<Scalar>(s.variance, options_.epsilon, s.inverse_deviation);
    ops::batch_norm<Scalar>(x, s.mean, s.inverse_deviation, view(weight), view(bias), y, s.mean_rest);
    // The running variance is the unbiased estimate.
    if (context.training() && count > 1)
      s.variance.array() *= static_cast<Scalar>(count) / static_cast<Scalar>(count - 1);
  }

  /// Writes dL/dx = w r (dL/dy - mean(dL/dy) - h mean(h dL/dy)),  h = (x - m) r, in training; else w r dL/dy.
  void backward(TensorView<const Scalar> x, TensorView<const Scalar>, TensorView<const Scalar> dy,
                TensorView<Scalar> dx, Context& context) const {
    const Statistics s(context, features());
    if (!context.training()) {
      ops::batch_norm_fixed_backward<Scalar>(dy, s.inverse_deviation, view(weight), dx);
      return;
    }
    const TensorView<Scalar> sum_dy = context.buffer<Scalar>(sum_dy_slot, running_mean.shape());
    const TensorView<Scalar> sum_h_dy = context.buffer<Scalar>(sum_h_dy_slot, running_mean.shape());
    if (context.shared().processes == nullptr) {
      ops::batch_norm_backward<Scalar>(x, dy, s.mean, s.inverse_deviation, view(weight), dx, sum_dy, sum_h_dy,
                                       s.mean_rest);
      return;
    }
    sum_dy.array().setZero();
    sum_h_dy.array().setZero();
    ops::batch_norm_parameter_gradient<Scalar>(x, dy, s.mean, s.inverse_deviation, sum_h_dy, sum_dy,
                                               s.mean_rest);
    detail::share_sums<Scalar>(context.shared(), sum_dy, sum_h_dy,
                               context.buffer<double>(shared_slot, Shape{2 * features()}));
    ops::batch_norm_backward_from_sums<Scalar>(x, dy, s.mean, s.inverse_deviation, view(weight), dx, sum_dy,
                                               sum_h_dy, context.shared().rows, s.mean_rest);
  }

  /// Adds to the gradients: dL/dw += sum over the batch of dL/dy h,  dL/db += sum over the batch of dL/dy.
  void gradient(TensorView<const Scalar> x, TensorView<const Scalar> dy, Context& context) {
    if (!options_.affine) return;
    const Statistics s(context, features());
    ops::batch_norm_parameter_gradient<Scalar>(x, dy, s.mean, s.inverse_deviation,
                                               gradient_view(weight, weight_sink_slot, context),
                                               gradient_view(bias, bias_sink_slot, context), s.mean_rest);
  }

  /// Updates the running statistics from the last training forward, and counts the pass.
  void update(Context& context) {
    const Statistics s(context, features());
    const auto share = static_cast<Scalar>(options_.momentum);
    ops::lerp<Scalar>(share, s.mean, running_mean.view());
    ops::lerp<Scalar>(share, s.variance, running_variance.view());
    // A count loaded from a file may already be the maximum.
    if (num_batches_tracked < std::numeric_limits<std::int64_t>::max()) ++num_batches_tracked;
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
  /// Calls f(name, tensor) for each buffer.
  template <class F>
  void visit_buffers(F&& f) {
    visit_statistics(*this, f);
  }
  /// Calls f(name, tensor) for each buffer.
  template <class F>
  void visit_buffers(F&& f) const {
    visit_statistics(*this, f);
  }
  /// Calls f("num_batches_tracked", count).
  template <class F>
  void visit_counters(F&& f) {
    f("num_batches_tracked", num_batches_tracked);
  }
  /// Calls f("num_batches_tracked", count).
  template <class F>
  void visit_counters(F&& f) const {
    f("num_batches_tracked", num_batches_tracked);
  }
  /// Resets the parameters and the running statistics to their initial values, as PyTorch does.
  void reset_parameters(Generator&) {
    weight.value.fill(Scalar{1});
    bias.value.fill(Scalar{0});
    weight.zero_grad();
    bias.zero_grad();
    running_mean.fill(Scalar{0});
    running_variance.fill(Scalar{1});
    num_batches_tracked = 0;
  }

  /// Returns the name used in messages and summaries.
  std::string name() const { return "BatchNorm1d(" + std::to_string(features()) + ")"; }

 private:
  /// The buffer slots in the context, each `[C]`.
  enum Slot : Index {
    mean_slot,
    variance_slot,
    inverse_deviation_slot,
    sum_dy_slot,
    sum_h_dy_slot,
    mean_rest_slot,
    weight_sink_slot,
    bias_sink_slot,
    shared_slot
  };

  /// Returns the gradient to add to, or a scratch buffer if the parameter is frozen.
  static TensorView<Scalar> gradient_view(Parameter<Scalar>& parameter, Slot sink, Context& context) {
    if (parameter.requires_grad) return parameter.grad().view();
    const TensorView<Scalar> ignored = context.buffer<Scalar>(sink, parameter.value.shape());
    ignored.array().setZero();
    return ignored;
  }

  /// The statistics that a pass normalises by and that `update` folds into the running ones.
  struct Statistics {
    TensorView<Scalar> mean, variance, inverse_deviation, mean_rest;

    Statistics(Context& context, Index features)
        : mean(context.buffer<Scalar>(mean_slot, Shape{features})),
          variance(context.buffer<Scalar>(variance_slot, Shape{features})),
          inverse_deviation(context.buffer<Scalar>(inverse_deviation_slot, Shape{features})),
          mean_rest(context.buffer<Scalar>(mean_rest_slot, Shape{features})) {}
  };

  template <class Self, class F>
  static void visit_members(Self& self, F& f) {
    if (!self.options_.affine) return;
    f("weight", self.weight);
    f("bias", self.bias);
  }
  template <class Self, class F>
  static void visit_statistics(Self& self, F& f) {
    f("running_mean", self.running_mean);
    f("running_var", self.running_variance);
  }

  static Index checked(Index features, const BatchNorm1dOptions& options) {
    if (features < 0 || !(options.epsilon >= 0) || !(options.momentum >= 0 && options.momentum <= 1)) {
      throw ArgumentError("BatchNorm1d: features is " + std::to_string(features) + ", epsilon is " +
                          format_shortest(options.epsilon) + " and momentum is " +
                          format_shortest(options.momentum) +
                          ", expected features >= 0, epsilon >= 0 and momentum in [0, 1]");
    }
    return features;
  }
  TensorView<const Scalar> view(const Parameter<Scalar>& parameter) const {
    return options_.affine ? parameter.value.view() : TensorView<const Scalar>{};
  }

  BatchNorm1dOptions options_;
};

}  // namespace gradus::nn
