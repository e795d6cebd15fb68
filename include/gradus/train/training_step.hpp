// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include <gradus/core/error.hpp>
#include <gradus/core/parallel.hpp>
#include <gradus/core/process_group.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/optim/clip.hpp>
#include <gradus/optim/optimizer.hpp>
#include <gradus/train/accumulated_batches.hpp>
#include <gradus/train/buffer_backup.hpp>
#include <gradus/train/divergence.hpp>
#include <gradus/train/gradient_exchange.hpp>
#include <gradus/train/progress.hpp>
#include <gradus/train/running_metrics.hpp>
#include <gradus/train/step_parameters.hpp>
#include <gradus/train/trainer_options.hpp>

namespace gradus::detail {

/// A training step: computes the gradients of one or more batches, clips them and steps the optimiser. If a
/// batch fails, `roll_back` restores the network to its state after the previous step.
template <class Net, class Loss, optim::Optimizer Optimizer>
class TrainingStep {
 public:
  using Scalar = typename Net::scalar_type;
  using LossType = Loss;

  TrainingStep(Net& net, Loss loss, Optimizer& optimizer, const TrainerOptions& options)
      : net_(&net), loss_(std::move(loss)), optimizer_(&optimizer), options_(options) {}

  Net& net() const { return *net_; }
  Loss& loss() { return loss_; }
  Optimizer& optimizer() const { return *optimizer_; }
  /// Returns the processes that train together, null if there is only this one.
  ProcessGroup* processes() const { return options_.processes; }
  const TrainerOptions& options() const { return options_; }
  /// Returns the network's threads, which stay alive while in use even if the network is given others.
  std::shared_ptr<ThreadPool> thread_pool() const {
    if constexpr (requires { net_->thread_pool(); })
      return net_->thread_pool();
    else
      return nullptr;
  }

  /// Finds the parameters to update and zeroes all gradients. Throws StateError if the optimiser holds no
  /// trainable parameter of the network.
  void begin_fit() {
    parameters_.find(*net_, *optimizer_);
    net_->zero_grad();
    buffers_.watch(*net_);
  }

  /// Returns whether batches have been added since the last step.
  bool is_open() const { return batches_.count > 0; }
  /// Returns the loss of the added batches.
  double batch_loss() const { return batches_.loss(); }
  /// Discards the added batches.
  void clear() { batches_ = {}; }

  /// Adds the gradients of the batch after `progress.batch`; `batch` has the rows of this process. Calls
  /// `observe(output, totals)` with the output for these rows and the totals of the whole batch. Throws
  /// NumericError if the loss is not finite.
  template <class Rows, class Observe>
  void add_batch(const Rows& batch, Generator& random, const Progress& progress, Observe observe) {
    if (!is_open()) buffers_.take();
    const Tensor<Scalar>& output = forward(batch, random);
    output_gradient_.resize(output.shape());
    RunningMetrics totals;
    double loss = 0, weight = 0;
    if (batch.size() > 0 || processes() == nullptr) {
      const auto result = loss_(output, batch.labels, output_gradient_);
      totals.add(loss_, result, batch.size());
      loss = loss_value(result);
      weight = RunningMetrics::batch_weight(result, batch.size());
    }
    const double own_weight = weight;
    if (processes() != nullptr) {
      totals.share(*processes());
      weight = totals.weight_sum();
      loss = is_sum() ? totals.loss_sum() : weight > 0 ? totals.loss_sum() / weight : 0;
    }
    if (!std::isfinite(loss)) throw_loss_not_finite(loss, progress, batch);
    observe(output, totals);
    double scale = batches_.add(
        loss, weight, std::min(options_.accumulation_steps, progress.batches - progress.batch), is_sum());
    if (processes() != nullptr && !is_sum() && weight > 0) scale *= own_weight / weight;
    if (scale != 1) output_gradient_.array() *= static_cast<Scalar>(scale);
    net_->backward(output_gradient_);
  }

  /// Rescales the gradients once all batches of the step have been added, and sums those of all processes.
  void finish_gradients() {
    const double scale = batches_.last_scale();
    if (scale != 1) {
      for (const auto& parameter : parameters_.moved()) {
        if (parameter->requires_grad) parameter->grad().array() *= static_cast<Scalar>(scale);
      }
    }
    if (processes() != nullptr) exchange_.sum(*processes(), parameters_.moved());
  }
  /// Clips the gradients as set in the options.
  void clip_gradients() {
    if (std::isfinite(options_.clip_value)) optim::clip_grad_value(parameters_.moved(), options_.clip_value);
    if (std::isfinite(options_.clip_norm)) optim::clip_grad_norm(parameters_.moved(), options_.clip_norm);
  }
  /// Updates the parameters and zeroes their gradients.
  void update() {
    if constexpr (requires { optimizer_->step(Parallel{}); })
      optimizer_->step(Parallel(thread_pool().get()));
    else
      optimizer_->step();
    parameters_.zero_others();
  }

  /// Undoes the changes of the added batches: restores the buffers and zeroes the gradients.
  void roll_back() {
    buffers_.restore();
    net_->zero_grad();
  }

 private:
  bool is_sum() const { return RunningMetrics::is_sum(loss_); }

  template <class Rows>
  const Tensor<Scalar>& forward(const Rows& batch, Generator& random) {
    if (processes() == nullptr) return net_->forward(batch.x, random);
    if constexpr (requires { net_->forward(batch.x, random, batch.shared); })
      return net_->forward(batch.x, random, batch.shared);
    else
      throw StateError(
          "Trainer: network has no forward(x, random, shared), expected one with several processes");
  }
  template <class Batch>
  [[noreturn]] void throw_loss_not_finite(double loss, const Progress& progress, const Batch& batch) {
    throw_not_finite(
        "loss", loss,
        "in epoch " + std::to_string(progress.epoch) + ", batch " + std::to_string(progress.batch + 1), *net_,
        TensorView<const Scalar>(batch.x));
  }

  Net* net_;
  Loss loss_;
  Optimizer* optimizer_;
  TrainerOptions options_;
  AccumulatedBatches batches_;
  StepParameters<Scalar> parameters_;
  BufferBackup<Scalar> buffers_;
  GradientExchange<Scalar> exchange_;
  Tensor<Scalar> output_gradient_;
};

}  // namespace gradus::detail
