// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <exception>
#include <functional>
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
#include <gradus/nn/workspace.hpp>
#include <gradus/optim/clip.hpp>
#include <gradus/optim/optimizer.hpp>
#include <gradus/train/accumulated_batches.hpp>
#include <gradus/train/archive.hpp>
#include <gradus/train/buffer_backup.hpp>
#include <gradus/train/callback.hpp>
#include <gradus/train/divergence.hpp>
#include <gradus/train/history.hpp>
#include <gradus/train/metric.hpp>
#include <gradus/train/metrics.hpp>
#include <gradus/train/progress.hpp>
#include <gradus/train/running_metrics.hpp>
#include <gradus/train/step_parameters.hpp>

namespace gradus {

/// A source of batches, such as a Loader. Each batch has `x`, `labels` and `size()`. `training_epoch(random)`
/// returns a pass to train on, `evaluation_epoch()` one to evaluate on. Validation results are reported under
/// the `name()` of the source, if it has one.
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
  /// Leave out a last batch that is smaller than the others, such as one of a single sample, which
  /// BatchNorm1d cannot train on. Holds for data sets; a loader has an option of its own.
  bool drop_last = false;
  /// Batches whose gradients are accumulated before a step. The step is that of one batch of all their
  /// samples: the losses' means are weighted by the numbers of samples, or by their class weights. The last
  /// step of an epoch may have fewer batches.
  Index accumulation_steps = 1;
  /// Before each step, gradients that are longer than this, all together, are scaled down to it, and elements
  /// beyond plus or minus this are cut off: see optim/clip.hpp.
  double clip_norm = std::numeric_limits<double>::infinity();
  /// The largest absolute value of a gradient element; larger ones are cut.
  double clip_value = std::numeric_limits<double>::infinity();
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

  /// Casts the losses of nn to the network's scalar. Throws ArgumentError on a negative number of epochs,
  /// fewer than 1 accumulation step or a limit of gradients that is negative or NaN.
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
    if (options_.accumulation_steps < 1) {
      throw ArgumentError("Trainer: " + std::to_string(options_.accumulation_steps) +
                          " accumulation steps, expected 1 or more");
    }
    optim::detail::check_clip("Trainer", options_.clip_norm);
    optim::detail::check_clip("Trainer", options_.clip_value);
  }

  /// Trains for as many epochs as the options say, or until a callback calls `stop()`; after each epoch the
  /// network is evaluated on the validation data. A further call goes on from there. The first call after
  /// load_checkpoint continues the fit that was interrupted, in the middle of an epoch if need be.
  ///
  /// Throws NumericError as soon as a loss is not finite: the message names the epoch, the batch, the first
  /// layer whose output and the first parameter that is not finite. The history and the network, its buffers
  /// included, are then as the step before left them. Throws StateError if the optimiser holds no parameter
  /// of the network or only frozen ones. Throws ArgumentError if there is nothing to train on, if there is
  /// validation data without a sample that counts, or if the number of epochs overflows, and what network,
  /// loss and data throw.
  template <class Element, class Label>
  const History& fit(const Dataset<Element, Label>& train, const Dataset<Element, Label>& validation) &;
  /// Trains on all data, without a validation set.
  template <class Element, class Label>
  const History& fit(const Dataset<Element, Label>& train) &;
  /// Trains on the batches of loaders, which may transform the data or make batches from another source.
  template <BatchSource Train, BatchSource Validation>
  const History& fit(Train& train, Validation& validation) & {
    return run(train, &validation);
  }
  /// Trains on all data, without a validation set.
  template <BatchSource Train>
  const History& fit(Train& train) & {
    return run(train, static_cast<Train*>(nullptr));
  }
  /// Moves the history out of a temporary trainer.
  template <class... Data>
  History fit(Data&&... data) && {
    Trainer& trainer = *this;
    trainer.fit(std::forward<Data>(data)...);
    return std::move(state_.history);
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
    for (auto& metric : evaluation_metrics_) metric.reset();
    for (const auto& batch : source.evaluation_epoch()) {
      const Tensor<Scalar>& output = net_->predict(batch.x, workspace_);
      metrics.add(loss_, loss_(output, batch.labels), batch.size());
      for (auto& metric : evaluation_metrics_) metric.add(output, batch.labels);
    }
    Metrics average = metrics.average();
    if (average.samples == 0) throw_no_samples();
    for (const auto& metric : evaluation_metrics_) average.named.push_back({metric.name(), metric.value()});
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
  /// Registers `f`, which is called as `f(trainer)` before each step, when the parameters have their
  /// gradients and before these are clipped.
  template <class F>
  void on_gradient(F f) {
    add(detail::GradientFunction<F>{std::move(f)});
  }
  /// Registers `f`, which is called as `f(trainer)` before each step, when the gradients have been clipped.
  template <class F>
  void before_each_step(F f) {
    add(detail::BeforeStepFunction<F>{std::move(f)});
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

  /// Adds a metric, which is computed for the training data, before each step, and for validation data. The
  /// bar, the history and its CSV show it by its name, and early stopping can watch it:
  /// `MetricMonitor{"mae"}`.
  ///
  /// `metric` is an AccumulatingMetric, such as MeanAbsoluteError, or a function that returns the mean over a
  /// batch, with parameters of the types `TensorView<const Scalar>` and that of the labels:
  ///
  ///     trainer.add_metric("top 3", [](TensorView<const float> y, std::span<const Index> labels) {
  ///       return top_k_accuracy(y, labels, 3);
  ///     });
  ///
  /// Throws ArgumentError for a name that is empty or given twice. Training on mixed labels leaves a metric
  /// that does not take them at NaN; other labels that it does not take are a StateError in `fit`.
  template <class M>
  void add_metric(std::string name, M metric);

  /// Includes an object that lives outside of the trainer in its checkpoints, such as an
  /// ExponentialMovingAverage, a Scheduler or a ReduceOnPlateau, or any with `serialize(archive)`: see
  /// train/archive.hpp. The object must outlive the trainer. Throws ArgumentError for a name that is empty or
  /// given twice.
  template <class T>
  void add_state(std::string name, T& object);

  /// Ends the fit after the step or epoch under way; an epoch cut short is recorded as far as it went.
  void stop() { state_.is_stopping = true; }
  /// Ends the fit after the step under way, without validating or recording the unfinished epoch: for a fit
  /// that will continue from a checkpoint, which must be saved before.
  void interrupt() { is_interrupted_ = true; }

  /// The records of all epochs so far.
  const History& history() const& { return state_.history; }
  /// The records of all epochs so far.
  History history() && { return std::move(state_.history); }
  /// Where the fit is: epoch, batch, step.
  const Progress& progress() const& { return progress_; }
  /// Where the fit is: epoch, batch, step.
  Progress progress() && { return std::move(progress_); }
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

  /// @{
  /// For save_checkpoint and load_checkpoint in io/training_checkpoint.hpp: what the fit itself keeps, and
  /// what its callbacks, metrics and further objects keep. Throws StateError in the middle of a step.
  detail::FitState fit_state();
  void set_fit_state(detail::FitState state);
  void serialize_parts(Archive& archive);
  /// @}

 private:
  using Clock = std::chrono::steady_clock;

  template <class Element, class Label>
  static auto loader(const Dataset<Element, Label>& data, Index batch_size, bool drop_last,
                     const std::shared_ptr<ThreadPool>& pool) {
    return Loader<Scalar, Element, Label>(
        data, {.batch_size = batch_size, .drop_last = drop_last, .parallel = Parallel(pool.get())});
  }

  [[noreturn]] static void throw_no_samples() {
    throw ArgumentError("Trainer: there are 0 samples to evaluate, expected at least 1");
  }

  template <class Train, class Validation>
  const History& run(Train& train, Validation* validation) {
    if (train.size() == 0) throw ArgumentError("Trainer: there is no batch to train on");
    if (validation != nullptr && validation->size() == 0) throw_no_samples();
    begin_fit(static_cast<Index>(train.size()));
    std::exception_ptr failure;
    std::size_t begun = 0;
    try {
      for (; begun < callbacks_.size(); ++begun) callbacks_[begun].on_begin(*this);
      while (progress_.epoch < progress_.epochs && !is_ending()) run_epoch(train, validation);
    } catch (...) {
      failure = std::current_exception();
    }
    state_.is_running = is_in_epoch_ = is_in_step_ = false;
    for (std::size_t i = 0; i < begun; ++i) {
      try {
        callbacks_[i].on_end(*this);
      } catch (...) {
        if (!failure) failure = std::current_exception();
      }
    }
    if (failure) std::rethrow_exception(failure);
    return state_.history;
  }

  /// Begins a fit, or continues the one from which a checkpoint was loaded.
  void begin_fit(Index batches) {
    if (is_resumed_ && state_.batch > batches) {
      throw StateError("Trainer: the checkpoint was saved after " + std::to_string(state_.batch) +
                       " batches of an epoch, which now has " + std::to_string(batches));
    }
    const Index first_epoch = is_resumed_ ? state_.first_epoch : state_.history.size();
    const Index epochs = detail::checked_add("Trainer: epochs", first_epoch, options_.epochs);
    parameters_.find(*net_, *optimizer_);
    if (!is_resumed_) {
      state_.is_stopping = false;
      state_.batch = 0;
    }
    is_resumed_ = false;
    is_interrupted_ = false;
    state_.is_running = true;
    state_.first_epoch = first_epoch;
    progress_.epoch = state_.history.size();
    progress_.epochs = epochs;
    net_->zero_grad();
    buffers_.watch(*net_);
  }

  bool is_ending() const { return state_.is_stopping || is_interrupted_; }

  template <class Train, class Validation>
  void run_epoch(Train& train, Validation* validation) {
    EpochRecord record;
    record.epoch = ++progress_.epoch;
    progress_.batches = static_cast<Index>(train.size());
    if (!train_epoch(train)) return;
    record.train = progress_.train;
    record.seconds = seconds_in_epoch();
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
    state_.history.push_back(record);
    is_in_epoch_ = false;
    state_.batch = 0;
    for (auto& callback : callbacks_) callback.on_epoch(*this);
    for (auto& callback : callbacks_) callback.on_checkpoint(*this);
  }

  /// Trains on all batches, except those that were done before a checkpoint was saved. Returns false if the
  /// epoch was interrupted.
  template <class Train>
  bool train_epoch(Train& train) {
    const Index done = begin_epoch();
    progress_.batch = 0;
    for (const auto& batch : train.training_epoch(*random_)) {
      if (progress_.batch < done) {
        // What the generator drew after its order of the samples is only known to the checkpoint.
        if (++progress_.batch == done) *random_ = state_.random;
        continue;
      }
      if (!train_batch(batch)) continue;
      end_step();
      if (is_ending()) break;
    }
    if (batches_.count > 0) {  // the source had fewer batches than its size promised
      finish_step();
      end_step();
    }
    return !(is_interrupted_ && progress_.batch < progress_.batches);
  }

  /// Returns how many batches of the epoch are done already.
  Index begin_epoch() {
    net_->train();
    is_in_epoch_ = true;
    progress_.train.named.resize(train_metrics_.size());
    for (std::size_t i = 0; i < train_metrics_.size(); ++i)
      progress_.train.named[i].name = train_metrics_[i].name();
    batches_ = {};
    epoch_began_ = Clock::now();
    if (state_.batch > 0) {
      *random_ = state_.epoch_start;
      write_averages();
      return state_.batch;
    }
    state_.epoch_start = *random_;
    state_.seconds = 0;
    state_.running = {};
    for (auto& metric : train_metrics_) metric.reset();
    return 0;
  }

  /// Returns whether the batch completed a step. If not, its gradients wait for those of the next ones.
  template <class Batch>
  bool train_batch(const Batch& batch) {
    is_in_step_ = true;
    if (batches_.count == 0) buffers_.take();
    try {
      add_gradients(batch);
      ++progress_.batch;
      if (progress_.batch % options_.accumulation_steps != 0 && progress_.batch < progress_.batches)
        return false;
      finish_step();
      return true;
    } catch (...) {
      buffers_.restore();
      net_->zero_grad();
      is_in_step_ = false;
      throw;
    }
  }

  template <class Batch>
  void add_gradients(const Batch& batch) {
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
    state_.running.add(loss_, result, batch.size());
    for (auto& metric : train_metrics_) metric.add(output, batch.labels);
    const double scale =
        batches_.add(loss, detail::RunningMetrics::batch_weight(result, batch.size()),
                     std::min(options_.accumulation_steps, progress_.batches - progress_.batch),
                     detail::RunningMetrics::is_sum(loss_));
    if (scale != 1) output_gradient_.array() *= static_cast<Scalar>(scale);
    net_->backward(output_gradient_);
  }

  /// Makes the step for which all gradients are there.
  void finish_step() {
    const double scale = batches_.last_scale();
    if (scale != 1) {
      for (const auto& parameter : parameters_.moved()) {
        if (parameter->requires_grad) parameter->grad().array() *= static_cast<Scalar>(scale);
      }
    }
    for (auto& callback : callbacks_) callback.on_gradient(*this);
    if (std::isfinite(options_.clip_value)) optim::clip_grad_value(parameters_.moved(), options_.clip_value);
    if (std::isfinite(options_.clip_norm)) optim::clip_grad_norm(parameters_.moved(), options_.clip_norm);
    for (auto& callback : callbacks_) callback.on_before_step(*this);
    if constexpr (requires { optimizer_->step(Parallel{}); })
      optimizer_->step(Parallel(thread_pool().get()));
    else
      optimizer_->step();
    parameters_.zero_others();
  }

  void end_step() {
    is_in_step_ = false;
    progress_.loss = batches_.loss();
    batches_ = {};
    ++progress_.step;
    write_averages();
    for (auto& callback : callbacks_) callback.on_step(*this);
    // After a stop, the epoch is recorded first: a checkpoint of the middle would continue it.
    if (state_.is_stopping) return;
    for (auto& callback : callbacks_) callback.on_checkpoint(*this);
  }

  void write_averages() {
    state_.running.write_average(progress_.train);
    for (std::size_t i = 0; i < progress_.train.named.size(); ++i)
      progress_.train.named[i].value = train_metrics_[i].value();
  }

  /// Includes the time before an interruption.
  double seconds_in_epoch() const {
    return state_.seconds + std::chrono::duration<double>(Clock::now() - epoch_began_).count();
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
  std::vector<detail::AnyMetric<Scalar, Loss>> train_metrics_;
  std::vector<detail::AnyMetric<Scalar, Loss>> evaluation_metrics_;
  std::vector<std::pair<std::string, std::function<void(Archive&)>>> states_;
  detail::FitState state_;
  Progress progress_;
  detail::AccumulatedBatches batches_;
  Clock::time_point epoch_began_ = {};
  bool is_resumed_ = false;
  bool is_interrupted_ = false;
  bool is_in_epoch_ = false;
  bool is_in_step_ = false;
  detail::StepParameters<Scalar> parameters_;
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
  auto train_loader = loader(train, options_.batch_size, options_.drop_last, pool);
  auto validation_loader = loader(validation, options_.evaluation_batch_size, false, pool);
  return fit(train_loader, validation_loader);
}

template <class Net, class Loss, optim::Optimizer Optimizer>
template <class Element, class Label>
const History& Trainer<Net, Loss, Optimizer>::fit(const Dataset<Element, Label>& train) & {
  const auto pool = thread_pool();
  auto train_loader = loader(train, options_.batch_size, options_.drop_last, pool);
  return fit(train_loader);
}

template <class Net, class Loss, optim::Optimizer Optimizer>
template <class Element, class Label>
Metrics Trainer<Net, Loss, Optimizer>::evaluate(const Dataset<Element, Label>& data) {
  const auto pool = thread_pool();
  auto data_loader = loader(data, options_.evaluation_batch_size, false, pool);
  return evaluate(data_loader);
}

template <class Net, class Loss, optim::Optimizer Optimizer>
template <class Element, class Label>
Tensor<typename Net::scalar_type> Trainer<Net, Loss, Optimizer>::predict(
    const Dataset<Element, Label>& data) {
  const auto pool = thread_pool();
  auto data_loader = loader(data, options_.evaluation_batch_size, false, pool);
  Tensor<Scalar> all(net_->output_shape(data.inputs.shape()));
  Scalar* out = all.data();
  for (const auto& batch : data_loader.evaluation_epoch()) {
    out = std::ranges::copy(net_->predict(batch.x, workspace_), out).out;
  }
  return all;
}

template <class Net, class Loss, optim::Optimizer Optimizer>
template <class M>
void Trainer<Net, Loss, Optimizer>::add_metric(std::string name, M metric) {
  const bool is_known = std::ranges::any_of(train_metrics_, [&](const auto& m) { return m.name() == name; });
  if (name.empty() || is_known) {
    throw ArgumentError("Trainer: a metric is named '" + name +
                        "', expected a name that no other metric has");
  }
  train_metrics_.emplace_back(std::move(name), detail::accumulating(std::move(metric)));
  evaluation_metrics_.push_back(train_metrics_.back());
}

template <class Net, class Loss, optim::Optimizer Optimizer>
template <class T>
void Trainer<Net, Loss, Optimizer>::add_state(std::string name, T& object) {
  const bool is_known = std::ranges::any_of(states_, [&](const auto& state) { return state.first == name; });
  if (name.empty() || is_known) {
    throw ArgumentError("Trainer: a state is named '" + name + "', expected a name that no other state has");
  }
  states_.emplace_back(std::move(name), [&object](Archive& archive) { object.serialize(archive); });
}

template <class Net, class Loss, optim::Optimizer Optimizer>
detail::FitState Trainer<Net, Loss, Optimizer>::fit_state() {
  if (is_in_step_)
    throw StateError("Trainer: a checkpoint cannot be saved or loaded in the middle of a step");
  detail::FitState state = state_;
  state.step = progress_.step;
  state.loss = progress_.loss;
  state.random = *random_;
  state.batch = is_in_epoch_ ? progress_.batch : 0;
  state.seconds = is_in_epoch_ ? seconds_in_epoch() : 0;
  return state;
}

template <class Net, class Loss, optim::Optimizer Optimizer>
void Trainer<Net, Loss, Optimizer>::set_fit_state(detail::FitState state) {
  *random_ = state.random;
  is_resumed_ = std::exchange(state.is_running, false);
  is_in_epoch_ = false;
  progress_ = {};
  progress_.epoch = state.history.size();
  progress_.step = state.step;
  progress_.loss = state.loss;
  state_ = std::move(state);
}

template <class Net, class Loss, optim::Optimizer Optimizer>
void Trainer<Net, Loss, Optimizer>::serialize_parts(Archive& archive) {
  for (auto& metric : train_metrics_) {
    const auto scope = archive.scope("metric");
    metric.serialize(archive);
  }
  Index number = 0;
  for (auto& callback : callbacks_) {
    if (!callback.has_state()) continue;
    const auto scope = archive.scope("callback." + std::to_string(number++));
    callback.serialize(archive, *this);
  }
  for (auto& [name, serialize] : states_) {
    const auto scope = archive.scope("state." + name);
    serialize(archive);
  }
}

/// Deduces the types of network, loss and optimiser.
template <class Net, class Loss, class Optimizer>
Trainer(Net&, Loss, Optimizer&, Generator&, TrainerOptions = {})
    -> Trainer<Net, decltype(nn::adapt_loss<typename Net::scalar_type>(std::declval<Loss>())), Optimizer>;

}  // namespace gradus
