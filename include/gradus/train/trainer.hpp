// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <exception>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/checked.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/parallel.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/data/dataset.hpp>
#include <gradus/data/loader.hpp>
#include <gradus/nn/adapt_loss.hpp>
#include <gradus/nn/parameter.hpp>
#include <gradus/nn/workspace.hpp>
#include <gradus/optim/clip.hpp>
#include <gradus/optim/optimizer.hpp>
#include <gradus/train/buffer_backup.hpp>
#include <gradus/train/callback.hpp>
#include <gradus/train/divergence.hpp>
#include <gradus/train/history.hpp>
#include <gradus/train/metrics.hpp>
#include <gradus/train/running_metrics.hpp>

namespace gradus {

/// What makes batches: a Loader, or anything else with `x`, `labels` and `size()` in each of its batches.
/// `training_epoch(random)` is a pass to train on, `evaluation_epoch()` one to evaluate with. If the source
/// has a `name()`, validation results are reported by it.
template <class Source>
concept BatchSource = requires(Source& source, Generator& random) {
  source.size();
  (*source.training_epoch(random).begin()).size();
  (*source.evaluation_epoch().begin()).size();
};

/// The options of a Trainer.
struct TrainerOptions {
  Index epochs = 10;  ///< In each call of fit.
  /// Samples of a training batch.
  Index batch_size = 256;
  Index evaluation_batch_size = 256;  ///< Changes the memory that an evaluation takes, not its result.
  /// Before each step, gradients that are longer than this, all together, are scaled down to it, and elements
  /// beyond plus or minus this are cut off: see optim/clip.hpp.
  double clip_norm = std::numeric_limits<double>::infinity();
  /// The largest absolute value of a gradient element; larger ones are cut.
  double clip_value = std::numeric_limits<double>::infinity();
};

/// Where a fit stands.
struct Progress {
  Index epoch = 0;     ///< The one under way, counted from 1.
  Index epochs = 0;    ///< The number of the last one.
  Index batch = 0;     ///< Batches of this epoch that are done.
  Index batches = 0;   ///< Batches in this epoch.
  Index step = 0;      ///< Steps since the trainer was made.
  Metrics train = {};  ///< Over this epoch so far.
};

/// The training loop: network, loss and optimiser together.
///
///     Trainer trainer{net, nn::SoftmaxCrossEntropy{}, optimizer, random, {.epochs = 10}};
///     trainer.add(ProgressBar{});
///     trainer.fit(train, test);
///
/// Each epoch draws its order of the samples, and dropout its masks, from the one generator, in the order in
/// which PyTorch draws them: with the same seed both train the same network. Steps after the first epoch
/// allocate nothing. Refers to network, optimiser and generator, which must outlive it.
template <class Net, class Loss, optim::Optimizer Optimizer>
class Trainer {
 public:
  /// The type of the numbers.
  using Scalar = typename Net::scalar_type;

  /// Casts the losses of nn to the network's scalar. Throws ArgumentError on a negative number of epochs or a
  /// limit of gradients that is not positive.
  template <class L = Loss>
  Trainer(Net& net, L loss, Optimizer& optimizer, Generator& random, TrainerOptions options = {})
      : net_(&net),
        loss_(nn::adapt_loss<Scalar>(std::move(loss))),
        optimizer_(&optimizer),
        random_(&random),
        options_(options) {
    if (options_.epochs < 0) {
      throw ArgumentError("Trainer: " + std::to_string(options_.epochs) + " epochs, expected 0 or more");
    }
    optim::detail::check_clip("Trainer", options_.clip_norm);
    optim::detail::check_clip("Trainer", options_.clip_value);
  }

  /// Trains for as many epochs as the options say, or until a callback calls `stop()`; after each epoch the
  /// network is evaluated on the validation data. A further call goes on from there.
  ///
  /// Throws NumericError as soon as a loss is not finite: the message names the epoch, the batch, the first
  /// layer whose output and the first parameter that is not finite. The history and the network are then as
  /// the step before left them. Throws ArgumentError if there is nothing to train on, if there is validation
  /// data without a sample that counts, or if the number of epochs overflows, and what network, loss and data
  /// throw.
  template <class Element, class Label>
  const History& fit(const Dataset<Element, Label>& train, const Dataset<Element, Label>& validation) &;
  /// Trains on all data, without a validation set.
  template <class Element, class Label>
  const History& fit(const Dataset<Element, Label>& train) &;
  /// The same with loaders of one's own: for transforms of the data, for batches from elsewhere.
  template <BatchSource Train, BatchSource Validation>
  const History& fit(Train& train, Validation& validation) & {
    return run(train, &validation);
  }
  /// Trains on all data, without a validation set.
  template <BatchSource Train>
  const History& fit(Train& train) & {
    return run(train, static_cast<Train*>(nullptr));
  }
  /// Of a temporary trainer, returns the history itself.
  template <class... Data>
  History fit(Data&&... data) && {
    Trainer& trainer = *this;
    trainer.fit(std::forward<Data>(data)...);
    return std::move(history_);
  }

  /// Loss and accuracy of the network as it is, dropout off. The loss is the mean over all samples, weighted
  /// by their class weights if there are any, whatever the batch size. Throws ArgumentError if no sample
  /// counts: the data are empty, or all their labels are ignored.
  template <class Element, class Label>
  Metrics evaluate(const Dataset<Element, Label>& data);
  /// Returns the mean loss and accuracy over all batches of a source, with dropout off.
  template <BatchSource Source>
  Metrics evaluate(Source& source) {
    detail::RunningMetrics metrics;
    for (const auto& batch : source.evaluation_epoch()) {
      metrics.add(loss_, loss_(net_->predict(batch.x, workspace_), batch.labels), batch.size());
    }
    const Metrics average = metrics.average();
    if (average.samples == 0) throw_no_samples();
    return average;
  }

  /// The network's output for every sample, dropout off: `[N, ...]`.
  template <class Element, class Label>
  Tensor<typename Net::scalar_type> predict(const Dataset<Element, Label>& data);

  /// Adds a callback: see Callback. Returns it where it now lives, for as long as the trainer does.
  template <class C>
  requires Callback<C, Trainer> C& add(C callback) {
    auto [any, inside] = detail::AnyCallback<Trainer>::make(std::move(callback));
    callbacks_.push_back(std::move(any));
    return *inside;
  }
  /// Registers `f`, which is called as `f(trainer)` after each step:
  /// `trainer.after_each_step([&](auto&) { scheduler.step(); })`.
  template <class F>
  void after_each_step(F f) {
    add(detail::StepFunction<F>{std::move(f)});
  }
  /// Registers `f`, which is called as `f(trainer)` after each epoch and its validation.
  template <class F>
  void after_each_epoch(F f) {
    add(detail::EpochFunction<F>{std::move(f)});
  }

  /// Ends the fit after the step or epoch under way; an epoch cut short is recorded as far as it went.
  void stop() { stopping_ = true; }

  /// The records of all epochs so far.
  const History& history() const& { return history_; }
  /// The records of all epochs so far.
  History history() && { return std::move(history_); }
  /// Where the fit is: epoch, batch, step.
  const Progress& progress() const& { return progress_; }
  /// Where the fit is: epoch, batch, step.
  Progress progress() && { return progress_; }
  /// The options that the trainer was made with.
  const TrainerOptions& options() const { return options_; }
  /// The network.
  Net& net() { return *net_; }
  /// The loss.
  Loss& loss() { return loss_; }
  /// The optimiser.
  Optimizer& optimizer() { return *optimizer_; }
  /// The generator for orders and dropout.
  Generator& random() { return *random_; }

 private:
  using Clock = std::chrono::steady_clock;

  template <class Element, class Label>
  static auto loader(const Dataset<Element, Label>& data, Index batch_size,
                     const std::shared_ptr<ThreadPool>& pool) {
    return Loader<Scalar, Element, Label>(data, {.batch_size = batch_size, .parallel = Parallel(pool.get())});
  }

  [[noreturn]] static void throw_no_samples() {
    throw ArgumentError("Trainer: there are 0 samples to evaluate, expected at least 1");
  }

  /// An optimiser that was built for a copy of the network would train nothing.
  void check_optimizer() const {
    if constexpr (requires(nn::Parameter<Scalar> * parameter) { optimizer_->holds(parameter); }) {
      const auto is_held = [&](const auto& named) { return optimizer_->holds(named.parameter); };
      if (!parameters_.empty() && std::ranges::none_of(parameters_, is_held)) {
        throw ArgumentError(
            "Trainer: the optimizer has none of the network's parameters, expected one that was built from "
            "net.named_parameters() of this network, not of a copy");
      }
    }
  }

  template <class Train, class Validation>
  const History& run(Train& train, Validation* validation) {
    if (train.size() == 0) throw ArgumentError("Trainer: there is no batch to train on");
    if (validation != nullptr && validation->size() == 0) throw_no_samples();
    stopping_ = false;
    progress_.epoch = history_.size();
    progress_.epochs = detail::checked_add("Trainer: epochs", progress_.epoch, options_.epochs);
    net_->zero_grad();
    parameters_ = net_->named_parameters();
    check_optimizer();
    buffers_.watch(*net_);
    std::size_t begun = 0;
    try {
      for (; begun < callbacks_.size(); ++begun) callbacks_[begun].on_begin(*this);
      while (progress_.epoch < progress_.epochs && !stopping_) run_epoch(train, validation);
    } catch (...) {
      // The first exception says what went wrong.
      static_cast<void>(end_callbacks(begun));
      throw;
    }
    if (const std::exception_ptr failure = end_callbacks(begun)) std::rethrow_exception(failure);
    return history_;
  }

  /// Ends the callbacks that have begun, each of them, and returns the first exception.
  std::exception_ptr end_callbacks(std::size_t begun) {
    std::exception_ptr failure;
    for (std::size_t i = 0; i < begun; ++i) {
      try {
        callbacks_[i].on_end(*this);
      } catch (...) {
        if (!failure) failure = std::current_exception();
      }
    }
    return failure;
  }

  template <class Train, class Validation>
  void run_epoch(Train& train, Validation* validation) {
    EpochRecord record;
    record.epoch = ++progress_.epoch;
    progress_.batches = static_cast<Index>(train.size());
    const auto start = Clock::now();
    record.train = train_epoch(train);
    record.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    record.learning_rate = optimizer_->learning_rate();
    if (validation != nullptr) {
      record.validation = evaluate(*validation);
      if constexpr (requires { std::string(validation->name()); })
        record.validation_name = validation->name();
      if (!std::isfinite(record.validation->loss)) {
        detail::throw_not_finite("validation loss", record.validation->loss,
                                 "after epoch " + std::to_string(progress_.epoch), *net_);
      }
    }
    history_.push_back(record);
    for (auto& callback : callbacks_) callback.on_epoch(*this);
  }

  template <class Train>
  Metrics train_epoch(Train& train) {
    detail::RunningMetrics metrics;
    net_->train();
    progress_.batch = 0;
    for (const auto& batch : train.training_epoch(*random_)) {
      step(batch, metrics);
      ++progress_.batch;
      ++progress_.step;
      progress_.train = metrics.average();
      for (auto& callback : callbacks_) callback.on_step(*this);
      if (stopping_) break;
    }
    return metrics.average();
  }

  template <class Batch>
  void step(const Batch& batch, detail::RunningMetrics& metrics) {
    buffers_.take();
    try {
      compute_gradients(batch, metrics);
    } catch (...) {
      buffers_.restore();
      throw;
    }
    if (std::isfinite(options_.clip_value)) optim::clip_grad_value(parameters_, options_.clip_value);
    if (std::isfinite(options_.clip_norm)) optim::clip_grad_norm(parameters_, options_.clip_norm);
    for (auto& callback : callbacks_) callback.on_gradient(*this);
    if constexpr (requires { optimizer_->step(Parallel{}); })
      optimizer_->step(Parallel(thread_pool().get()));
    else
      optimizer_->step();
  }

  template <class Batch>
  void compute_gradients(const Batch& batch, detail::RunningMetrics& metrics) {
    const Tensor<Scalar>& output = net_->forward(batch.x, *random_);
    output_gradient_.resize(output.shape());
    const auto result = loss_(output, batch.labels, output_gradient_);
    const double loss = detail::loss_value(result);
    if (!std::isfinite(loss)) {
      detail::throw_not_finite(
          "loss", loss,
          "in epoch " + std::to_string(progress_.epoch) + ", batch " + std::to_string(progress_.batch + 1),
          *net_, batch.x);
    }
    metrics.add(loss_, result, batch.size());
    net_->backward(output_gradient_);
  }

  /// The network's threads, kept for as long as they are at work even if it is given others meanwhile.
  std::shared_ptr<ThreadPool> thread_pool() const {
    if constexpr (requires { net_->thread_pool(); })
      return net_->thread_pool();
    else
      return nullptr;
  }

  Net* net_;
  Loss loss_;
  Optimizer* optimizer_;
  Generator* random_;
  TrainerOptions options_;
  std::vector<detail::AnyCallback<Trainer>> callbacks_;
  History history_;
  Progress progress_;
  bool stopping_ = false;
  std::vector<nn::NamedParameter<Scalar>> parameters_;
  detail::BufferBackup<Scalar> buffers_;
  Tensor<Scalar> output_gradient_;
  nn::Workspace<Scalar> workspace_;
};

// Not in the class, where they would be inline: gradus/compiled.hpp keeps them out of a translation unit.

template <class Net, class Loss, optim::Optimizer Optimizer>
template <class Element, class Label>
const History& Trainer<Net, Loss, Optimizer>::fit(const Dataset<Element, Label>& train,
                                                  const Dataset<Element, Label>& validation) & {
  const auto pool = thread_pool();
  auto train_loader = loader(train, options_.batch_size, pool);
  auto validation_loader = loader(validation, options_.evaluation_batch_size, pool);
  return fit(train_loader, validation_loader);
}

template <class Net, class Loss, optim::Optimizer Optimizer>
template <class Element, class Label>
const History& Trainer<Net, Loss, Optimizer>::fit(const Dataset<Element, Label>& train) & {
  const auto pool = thread_pool();
  auto train_loader = loader(train, options_.batch_size, pool);
  return fit(train_loader);
}

template <class Net, class Loss, optim::Optimizer Optimizer>
template <class Element, class Label>
Metrics Trainer<Net, Loss, Optimizer>::evaluate(const Dataset<Element, Label>& data) {
  const auto pool = thread_pool();
  auto data_loader = loader(data, options_.evaluation_batch_size, pool);
  return evaluate(data_loader);
}

template <class Net, class Loss, optim::Optimizer Optimizer>
template <class Element, class Label>
Tensor<typename Net::scalar_type> Trainer<Net, Loss, Optimizer>::predict(
    const Dataset<Element, Label>& data) {
  const auto pool = thread_pool();
  auto data_loader = loader(data, options_.evaluation_batch_size, pool);
  Tensor<Scalar> all(net_->output_shape(data.inputs.shape()));
  Scalar* out = all.data();
  for (const auto& batch : data_loader.evaluation_epoch()) {
    out = std::ranges::copy(net_->predict(batch.x, workspace_), out).out;
  }
  return all;
}

/// Deduces the types of network, loss and optimiser.
template <class Net, class Loss, class Optimizer>
Trainer(Net&, Loss, Optimizer&, Generator&, TrainerOptions = {})
    -> Trainer<Net, decltype(nn::adapt_loss<typename Net::scalar_type>(std::declval<Loss>())), Optimizer>;

}  // namespace gradus
