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
      : loop_({net, nn::adapt_loss<Scalar>(std::move(loss)), optimizer, options}, random) {
    detail::check_trainer_options(options);
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
    loop_.run(*this, train, &validation);
    return history();
  }
  /// Trains on all data, without a validation set.
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

  /// Loss and accuracy of the network as it is, dropout off. The loss is the mean over all samples, weighted
  /// by their class weights if there are any, whatever the batch size. Throws ArgumentError if no sample
  /// counts: the data are empty, or all their labels are ignored.
  template <class Element, class Label>
  Metrics evaluate(const Dataset<Element, Label>& data);
  /// Returns the mean loss and accuracy over all batches of a source, with dropout off.
  template <BatchSource Source>
  Metrics evaluate(Source& source) {
    return loop_.evaluate(source);
  }

  /// The network's output for every sample, dropout off: `[N, ...]`.
  template <class Element, class Label>
  Tensor<typename Net::scalar_type> predict(const Dataset<Element, Label>& data);

  /// Adds a callback: see Callback. Returns it where it now lives, for as long as the trainer does.
  template <class C>
  requires Callback<C, Trainer> C& add(C callback) {
    auto [any, inside] = detail::AnyCallback<Trainer>::make(std::move(callback));
    loop_.callbacks().push_back(std::move(any));
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
  void add_metric(std::string name, M metric) {
    loop_.add_metric(std::move(name), std::move(metric));
  }

  /// Includes an object that lives outside of the trainer in its checkpoints, such as an
  /// ExponentialMovingAverage, a Scheduler or a ReduceOnPlateau, or any with `serialize(archive)`: see
  /// train/archive.hpp. The object must outlive the trainer. Throws ArgumentError for a name that is empty or
  /// given twice.
  template <class T>
  void add_state(std::string name, T& object);

  /// Ends the fit after the current step or epoch; an unfinished epoch is recorded as far as it went.
  void stop() { loop_.state().is_stopping = true; }
  /// Ends the fit after the current step, without validating or recording the unfinished epoch: for a fit
  /// that will continue from a checkpoint, which must be saved before.
  void interrupt() { loop_.interrupt(); }

  /// The records of all epochs so far.
  const History& history() const& { return loop_.state().history; }
  /// The records of all epochs so far.
  History history() && { return std::move(loop_.state().history); }
  /// The position of the fit: epoch, batch, step.
  const Progress& progress() const& { return loop_.progress(); }
  /// The position of the fit: epoch, batch, step.
  Progress progress() && { return std::move(loop_.progress()); }
  /// The options that the trainer was made with.
  const TrainerOptions& options() const { return loop_.step().options(); }
  /// The network.
  Net& net() { return loop_.step().net(); }
  /// The loss.
  Loss& loss() { return loop_.step().loss(); }
  /// The optimiser.
  Optimizer& optimizer() { return loop_.step().optimizer(); }
  /// The generator for sample orders and dropout.
  Generator& random() { return loop_.random(); }

  /// @{
  /// For save_checkpoint and load_checkpoint in io/training_checkpoint.hpp: what the fit itself keeps, and
  /// what its callbacks, metrics and further objects keep. Throws StateError in the middle of a step.
  detail::FitState fit_state() { return loop_.saved_state(); }
  void set_fit_state(detail::FitState state) { loop_.restore(std::move(state)); }
  void serialize_parts(Archive& archive);
  /// @}

 private:
  template <class Element, class Label>
  static auto loader(const Dataset<Element, Label>& data, Index batch_size, bool drop_last,
                     const std::shared_ptr<ThreadPool>& pool) {
    return Loader<Scalar, Element, Label>(
        data, {.batch_size = batch_size, .drop_last = drop_last, .parallel = Parallel(pool.get())});
  }

  using Step = detail::TrainingStep<Net, Loss, Optimizer>;

  detail::FitLoop<Trainer, Step> loop_;
  std::vector<std::pair<std::string, std::function<void(Archive&)>>> states_;
};

// Not in the class, where they would be inline: gradus/compiled.hpp keeps them out of a translation unit.

template <class Net, class Loss, optim::Optimizer Optimizer>
template <class Element, class Label>
const History& Trainer<Net, Loss, Optimizer>::fit(const Dataset<Element, Label>& train,
                                                  const Dataset<Element, Label>& validation) & {
  const auto pool = loop_.step().thread_pool();
  auto train_loader = loader(train, options().batch_size, options().drop_last, pool);
  auto validation_loader = loader(validation, options().evaluation_batch_size, false, pool);
  return fit(train_loader, validation_loader);
}

template <class Net, class Loss, optim::Optimizer Optimizer>
template <class Element, class Label>
const History& Trainer<Net, Loss, Optimizer>::fit(const Dataset<Element, Label>& train) & {
  const auto pool = loop_.step().thread_pool();
  auto train_loader = loader(train, options().batch_size, options().drop_last, pool);
  return fit(train_loader);
}

template <class Net, class Loss, optim::Optimizer Optimizer>
template <class Element, class Label>
Metrics Trainer<Net, Loss, Optimizer>::evaluate(const Dataset<Element, Label>& data) {
  const auto pool = loop_.step().thread_pool();
  auto data_loader = loader(data, options().evaluation_batch_size, false, pool);
  return evaluate(data_loader);
}

template <class Net, class Loss, optim::Optimizer Optimizer>
template <class Element, class Label>
Tensor<typename Net::scalar_type> Trainer<Net, Loss, Optimizer>::predict(
    const Dataset<Element, Label>& data) {
  const auto pool = loop_.step().thread_pool();
  auto data_loader = loader(data, options().evaluation_batch_size, false, pool);
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
    throw ArgumentError("Trainer: a state is named '" + name + "', expected a name that no other state has");
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
