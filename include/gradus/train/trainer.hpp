// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/parallel.hpp>
#include <gradus/core/part.hpp>
#include <gradus/core/process_group.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/data/batch_source.hpp>
#include <gradus/data/dataset.hpp>
#include <gradus/data/loader.hpp>
#include <gradus/nn/adapt_loss.hpp>
#include <gradus/optim/optimizer.hpp>
#include <gradus/train/archive.hpp>
#include <gradus/train/callback.hpp>
#include <gradus/train/fit_loop.hpp>
#include <gradus/train/history.hpp>
#include <gradus/train/metrics.hpp>
#include <gradus/train/progress.hpp>
#include <gradus/train/trainer_options.hpp>
#include <gradus/train/training_step.hpp>

namespace gradus {

/// A trainer of a network with a loss and an optimiser.
///
///     Trainer trainer{net, nn::SoftmaxCrossEntropy{}, optimizer, random, {.epochs = 10}};
///     trainer.add(ProgressBar{});
///     trainer.fit(train, test);
///
/// Sample orders and dropout masks come from one generator, in the order in which PyTorch draws them, so both
/// train the same network from the same seed. In a single process, steps after the first epoch do not
/// allocate unless an added metric or callback does. The trainer keeps references to the network, the
/// optimiser and the generator, which must outlive it.
///
/// With `TrainerOptions::processes`, several processes train one network, each on its part of every batch.
/// All of them must call `fit` and `evaluate` together. They see the same losses, metrics and weights, which
/// equal those of one process up to rounding. Added metrics see whole batches, which are collected in newly
/// allocated memory at each step. The library that sums the gradients may allocate, too.
template <class Net, class Loss, optim::Optimizer Optimizer>
class Trainer {
 public:
  /// The scalar of the network.
  using Scalar = typename Net::scalar_type;

  /// Casts the losses of nn to the network's scalar. Throws ArgumentError if the number of epochs is
  /// negative, if there is less than 1 accumulation step, or if a gradient limit is negative or NaN.
  template <class L = Loss>
  Trainer(Net& net, L loss, Optimizer& optimizer, Generator& random, TrainerOptions options = {})
      : loop_({net, nn::adapt_loss<Scalar>(std::move(loss)), optimizer, options}, random) {
    detail::check_trainer_options(options);
  }

  /// Trains for `options().epochs` epochs or until a callback calls `stop()`, and evaluates the network on
  /// the validation data after each epoch. Another call trains for more epochs. The first call after
  /// load_checkpoint continues the interrupted fit, even in the middle of an epoch.
  ///
  /// Throws NumericError on the first non-finite loss. The message names the epoch, the batch, the first
  /// layer with a non-finite output and the first non-finite parameter. The history and the network,
  /// including its buffers, keep the state of the last completed step. Throws StateError if the optimiser
  /// holds no parameter of the network, or only frozen ones. Throws ArgumentError if there is nothing to
  /// train on, if no sample of the validation data counts, or if the number of epochs overflows. Rethrows
  /// what the network, the loss and the data throw.
  template <class Element, class Label>
  const History& fit(const Dataset<Element, Label>& train, const Dataset<Element, Label>& validation) &;
  /// Trains without a validation set.
  template <class Element, class Label>
  const History& fit(const Dataset<Element, Label>& train) &;
  /// Trains on the batches of loaders, which may transform the data or produce batches from another source.
  template <BatchSource Train, BatchSource Validation>
  const History& fit(Train& train, Validation& validation) & {
    loop_.run(*this, train, &validation);
    return history();
  }
  /// Trains without a validation set.
  template <BatchSource Train>
  const History& fit(Train& train) & {
    loop_.run(*this, train, static_cast<Train*>(nullptr));
    return history();
  }
  /// Moves the history out of a temporary trainer.
  template <class... Data>
  History fit(Data&&... data) && {
    Trainer& trainer = *this;
    trainer.fit(std::forward<Data>(data)...);
    return std::move(loop_.state().history);
  }

  /// Returns the loss and the accuracy of the network, with dropout off. The loss is the mean over all
  /// samples, weighted by class weights if there are any; it does not depend on the batch size. Throws
  /// ArgumentError if no sample counts, because there is none or all labels are ignored.
  template <class Element, class Label>
  Metrics evaluate(const Dataset<Element, Label>& data);
  /// Returns the mean loss and accuracy over all batches of a source, with dropout off.
  template <BatchSource Source>
  Metrics evaluate(Source& source) {
    return loop_.evaluate(source);
  }

  /// Returns the network's output for every sample, `[N, ...]`, with dropout off.
  template <class Element, class Label>
  Tensor<typename Net::scalar_type> predict(const Dataset<Element, Label>& data);

  /// Adds a callback (see Callback). Returns a reference to the stored copy, which lives as long as the
  /// trainer.
  template <class C>
  requires Callback<C, Trainer> C& add(C callback) {
    auto [any, inside] = detail::AnyCallback<Trainer>::make(std::move(callback));
    loop_.callbacks().push_back(std::move(any));
    return *inside;
  }
  /// Calls `f(trainer)` before each step, after the gradients have been computed and before they are clipped.
  template <class F>
  void on_gradient(F f) {
    add(detail::GradientFunction<F>{std::move(f)});
  }
  /// Calls `f(trainer)` before each step, after the gradients have been clipped.
  template <class F>
  void before_each_step(F f) {
    add(detail::BeforeStepFunction<F>{std::move(f)});
  }
  /// Calls `f(trainer)` after each step: `trainer.after_each_step([&](auto&) { scheduler.step(); })`.
  template <class F>
  void after_each_step(F f) {
    add(detail::StepFunction<F>{std::move(f)});
  }
  /// Calls `f(trainer)` after each epoch and its validation.
  template <class F>
  void after_each_epoch(F f) {
    add(detail::EpochFunction<F>{std::move(f)});
  }

  /// Adds a metric, which is computed on the training data before each step and on the validation data. The
  /// progress bar, the history and its CSV show it under its name, and early stopping can monitor it with
  /// `MetricMonitor{"mae"}`.
  ///
  /// `metric` is an AccumulatingMetric, such as MeanAbsoluteError, or a function of the outputs,
  /// `TensorView<const Scalar>`, and the labels that returns the mean over a batch:
  ///
  ///     trainer.add_metric("top 3", [](TensorView<const float> y, std::span<const Index> labels) {
  ///       return top_k_accuracy(y, labels, 3);
  ///     });
  ///
  /// Throws ArgumentError if the name is empty or taken. A metric that does not accept mixed labels stays NaN
  /// when training on them; `fit` throws StateError for other labels that a metric does not accept.
  template <class M>
  void add_metric(std::string name, M metric) {
    loop_.add_metric(std::move(name), std::move(metric));
  }

  /// Includes an external object in the trainer's checkpoints, such as an ExponentialMovingAverage, a
  /// Scheduler, a ReduceOnPlateau or any type with `serialize(archive)` (see train/archive.hpp). The object
  /// must outlive the trainer. Throws ArgumentError if the name is empty or taken.
  template <class T>
  void add_state(std::string name, T& object);

  /// Ends the fit after the current step or epoch; an unfinished epoch is recorded up to that point.
  void stop() { loop_.state().is_stopping = true; }
  /// Ends the fit after the current step, without validating or recording the unfinished epoch: for a fit
  /// that will continue from a checkpoint, which must be saved before. After `stop()` the epoch is recorded
  /// all the same.
  void interrupt() { loop_.interrupt(); }
  /// Returns whether the fit has been interrupted or, between fits, whether the last one was. Several
  /// processes agree on it after each round of `on_step`, `on_epoch` and `on_checkpoint`.
  bool is_interrupted() const { return loop_.is_interrupted(); }

  /// Returns the records of all epochs so far.
  const History& history() const& { return loop_.state().history; }
  /// Returns the records of all epochs so far.
  History history() && { return std::move(loop_.state().history); }
  /// Returns the position of the fit: epoch, batch and step.
  const Progress& progress() const& { return loop_.progress(); }
  /// Returns the position of the fit: epoch, batch and step.
  Progress progress() && { return std::move(loop_.progress()); }
  /// Returns the options that the trainer was constructed with.
  const TrainerOptions& options() const { return loop_.step().options(); }
  /// Returns the network.
  Net& net() { return loop_.step().net(); }
  /// Returns the loss.
  Loss& loss() { return loop_.step().loss(); }
  /// Returns the optimiser.
  Optimizer& optimizer() { return loop_.step().optimizer(); }
  /// Returns the generator for sample orders and dropout.
  Generator& random() { return loop_.random(); }

  /// Returns whether this process prints and saves: it is the only one, or the first of several.
  bool is_main() const {
    const ProcessGroup* const processes = options().processes;
    return processes == nullptr || processes->rank() == 0;
  }

  /// @{
  /// Gives save_checkpoint and load_checkpoint in io/training_checkpoint.hpp access to the state of the fit,
  /// and to that of callbacks, metrics and added objects. Throws StateError in the middle of a step.
  detail::FitState fit_state() { return loop_.saved_state(); }
  void set_fit_state(detail::FitState state) { loop_.restore(std::move(state)); }
  void serialize_parts(Archive& archive);
  /// @}

 private:
  template <class Element, class Label>
  static auto loader(const Dataset<Element, Label>& data, Index batch_size, bool drop_last,
                     ProcessGroup* processes, const std::shared_ptr<ThreadPool>& pool) {
    return Loader<Scalar, Element, Label>(data, {.batch_size = batch_size,
                                                 .part = processes == nullptr ? Part{} : processes->part(),
                                                 .drop_last = drop_last,
                                                 .parallel = Parallel(pool.get())});
  }

  using Step = detail::TrainingStep<Net, Loss, Optimizer>;

  detail::FitLoop<Trainer, Step> loop_;
  std::vector<std::pair<std::string, std::function<void(Archive&)>>> states_;
};

// Defined outside the class so that they are not inline: gradus/compiled.hpp declares them `extern`.

template <class Net, class Loss, optim::Optimizer Optimizer>
template <class Element, class Label>
const History& Trainer<Net, Loss, Optimizer>::fit(const Dataset<Element, Label>& train,
                                                  const Dataset<Element, Label>& validation) & {
  const auto pool = loop_.step().thread_pool();
  auto train_loader = loader(train, options().batch_size, options().drop_last, options().processes, pool);
  auto validation_loader =
      loader(validation, options().evaluation_batch_size, false, options().processes, pool);
  return fit(train_loader, validation_loader);
}

template <class Net, class Loss, optim::Optimizer Optimizer>
template <class Element, class Label>
const History& Trainer<Net, Loss, Optimizer>::fit(const Dataset<Element, Label>& train) & {
  const auto pool = loop_.step().thread_pool();
  auto train_loader = loader(train, options().batch_size, options().drop_last, options().processes, pool);
  return fit(train_loader);
}

template <class Net, class Loss, optim::Optimizer Optimizer>
template <class Element, class Label>
Metrics Trainer<Net, Loss, Optimizer>::evaluate(const Dataset<Element, Label>& data) {
  const auto pool = loop_.step().thread_pool();
  auto data_loader = loader(data, options().evaluation_batch_size, false, options().processes, pool);
  return evaluate(data_loader);
}

template <class Net, class Loss, optim::Optimizer Optimizer>
template <class Element, class Label>
Tensor<typename Net::scalar_type> Trainer<Net, Loss, Optimizer>::predict(
    const Dataset<Element, Label>& data) {
  const auto pool = loop_.step().thread_pool();
  auto data_loader = loader(data, options().evaluation_batch_size, false, nullptr, pool);
  Tensor<Scalar> all(net().output_shape(data.inputs.shape()));
  Scalar* out = all.data();
  for (const auto& batch : data_loader.evaluation_epoch()) {
    out = std::ranges::copy(net().predict(batch.x, loop_.workspace()), out).out;
  }
  return all;
}

template <class Net, class Loss, optim::Optimizer Optimizer>
template <class T>
void Trainer<Net, Loss, Optimizer>::add_state(std::string name, T& object) {
  const bool is_known = std::ranges::any_of(states_, [&](const auto& state) { return state.first == name; });
  if (name.empty() || is_known) {
    throw ArgumentError("Trainer: a state is named '" + name + "', expected a unique name that is not empty");
  }
  states_.emplace_back(std::move(name), [&object](Archive& archive) { object.serialize(archive); });
}

template <class Net, class Loss, optim::Optimizer Optimizer>
void Trainer<Net, Loss, Optimizer>::serialize_parts(Archive& archive) {
  loop_.serialize_metrics(archive);
  Index number = 0;
  for (auto& callback : loop_.callbacks()) {
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
