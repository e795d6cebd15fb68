// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/checked.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/process_group.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/nn/workspace.hpp>
#include <gradus/train/agreement.hpp>
#include <gradus/train/callback.hpp>
#include <gradus/train/divergence.hpp>
#include <gradus/train/fingerprint.hpp>
#include <gradus/train/history.hpp>
#include <gradus/train/metric_set.hpp>
#include <gradus/train/metrics.hpp>
#include <gradus/train/own_rows.hpp>
#include <gradus/train/progress.hpp>
#include <gradus/train/running_metrics.hpp>
#include <gradus/train/same_training.hpp>
#include <gradus/train/training_step.hpp>

namespace gradus::detail {

[[noreturn]] inline void throw_no_samples() {
  throw ArgumentError("Trainer: there are 0 samples to evaluate, expected at least 1");
}

/// The loop over epochs and batches, which performs the steps, calls the callbacks and records the history.
/// `Trainer` is the class passed to callbacks. In pseudo-code:
///
///     on_begin
///     for each epoch:
///       for each batch:
///         add its gradients
///         after accumulation_steps batches: on_gradient, clip, on_before_step, update, on_step,
///         on_checkpoint
///       evaluate on the validation data, record, on_epoch, on_checkpoint
///     on_end
template <class Trainer, class Step>
class FitLoop {
 public:
  using Scalar = typename Step::Scalar;

  FitLoop(Step step, Generator& random) : step_(std::move(step)), random_(&random) {}

  Step& step() { return step_; }
  const Step& step() const { return step_; }
  Generator& random() { return *random_; }
  FitState& state() { return state_; }
  const FitState& state() const { return state_; }
  Progress& progress() { return progress_; }
  const Progress& progress() const { return progress_; }
  std::vector<AnyCallback<Trainer>>& callbacks() { return callbacks_; }

  /// Adds a metric for training and validation batches.
  template <class M>
  void add_metric(std::string name, M metric) {
    metrics_.add_metric(name, metric);
    evaluation_metrics_.add_metric(std::move(name), std::move(metric));
  }
  void serialize_metrics(Archive& archive) { metrics_.serialize(archive); }

  /// Ends the fit after the current step without recording the unfinished epoch.
  void interrupt() { is_interrupted_ = true; }
  /// Returns whether the fit has been interrupted, or the last one was.
  bool is_interrupted() const { return is_interrupted_; }

  template <class Train, class Validation>
  void run(Trainer& trainer, Train& train, Validation* validation) {
    if (train.size() == 0)
      throw ArgumentError("Trainer: there are 0 batches to train on, expected at least 1");
    if (validation != nullptr && validation->size() == 0) throw_no_samples();
    begin_fit(static_cast<Index>(train.size()), train, validation);
    std::exception_ptr failure;
    std::size_t begun = 0;
    try {
      for (; begun < callbacks_.size(); ++begun) callbacks_[begun].on_begin(trainer);
      while (progress_.epoch < progress_.epochs && !is_ending()) run_epoch(trainer, train, validation);
    } catch (...) {
      failure = std::current_exception();
      has_failed_ = true;
    }
    state_.is_running = is_in_epoch_ = is_in_step_ = false;
    for (std::size_t i = 0; i < begun; ++i) {
      try {
        callbacks_[i].on_end(trainer);
      } catch (...) {
        if (!failure) failure = std::current_exception();
      }
    }
    has_failed_ = false;
    if (failure) std::rethrow_exception(failure);
  }

  /// Returns the loss, accuracy and metrics over all batches of a source.
  template <class Source>
  Metrics evaluate(Source& source) {
    // The other processes have not failed and would not take part, so this one would wait forever.
    if (has_failed_ && step_.processes() != nullptr)
      throw StateError(
          "Trainer: evaluate was called in on_end of a failed fit, expected success with several processes");
    RunningMetrics running;
    evaluation_metrics_.reset();
    Index number = 0;
    for (const auto& batch : source.evaluation_epoch()) {
      const auto rows = own_rows<Scalar>(source, batch, number++, step_.processes());
      const Tensor<Scalar>& output = step_.net().predict(rows.x, workspace_);
      if (rows.size() > 0 || step_.processes() == nullptr)
        running.add(step_.loss(), step_.loss()(output, rows.labels), rows.size());
      evaluation_metrics_.add(output, rows.labels, step_.processes());
    }
    if (step_.processes() != nullptr) running.share(*step_.processes());
    Metrics average = running.average();
    if (average.samples == 0) throw_no_samples();
    evaluation_metrics_.write(average.named);
    return average;
  }
  nn::Workspace<Scalar>& workspace() { return workspace_; }

  /// Returns the state to save in a checkpoint. Throws StateError in the middle of a step.
  FitState saved_state() const {
    if (is_in_step_)
      throw StateError(
          "Trainer: a checkpoint was saved or loaded in the middle of a step, expected between steps");
    FitState state = state_;
    state.step = progress_.step;
    state.loss = progress_.loss;
    state.random = *random_;
    state.batch = is_in_epoch_ ? progress_.batch : 0;
    state.seconds = is_in_epoch_ ? seconds_in_epoch() : 0;
    return state;
  }
  void restore(FitState state) {
    *random_ = state.random;
    is_resumed_ = std::exchange(state.is_running, false);
    is_in_epoch_ = false;
    progress_ = {};
    progress_.epoch = state.history.size();
    progress_.step = state.step;
    progress_.loss = state.loss;
    state_ = std::move(state);
  }

 private:
  using Clock = std::chrono::steady_clock;

  bool is_ending() const { return state_.is_stopping || is_interrupted_; }

  /// Begins a fit, or continues the one from which a checkpoint was loaded. Does not change the state of the
  /// fit if the processes disagree.
  template <class Train, class Validation>
  void begin_fit(Index batches, Train& train, Validation* validation) {
    if (is_resumed_ && state_.batch > batches) {
      throw StateError("Trainer: the checkpoint was saved after " + std::to_string(state_.batch) +
                       " batches of an epoch, expected at most " + std::to_string(batches) +
                       ", the number per epoch now");
    }
    const Index first_epoch = is_resumed_ ? state_.first_epoch : state_.history.size();
    const Index epochs = checked_add("Trainer: epochs", first_epoch, step_.options().epochs);
    step_.begin_fit();
    const Index batch = is_resumed_ ? state_.batch : 0;
    if (step_.processes() != nullptr) begin_together(train, validation, epochs, batch);
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
  }

  template <class Train, class Validation>
  void run_epoch(Trainer& trainer, Train& train, Validation* validation) {
    EpochRecord record;
    record.epoch = ++progress_.epoch;
    progress_.batches = static_cast<Index>(train.size());
    if (!train_epoch(trainer, train)) return;
    record.train = progress_.train;
    record.seconds = seconds_in_epoch();
    record.learning_rate = step_.optimizer().learning_rate();
    if (validation != nullptr) {
      record.validation = evaluate(*validation);
      if constexpr (requires { std::string(validation->name()); })
        record.validation_name = validation->name();
      if (!std::isfinite(record.validation->loss)) {
        throw_not_finite("validation loss", record.validation->loss,
                         "after epoch " + std::to_string(progress_.epoch), step_.net());
      }
    }
    state_.history.push_back(record);
    is_in_epoch_ = false;
    state_.batch = 0;
    for (auto& callback : callbacks_) callback.on_epoch(trainer);
    agree_on_ending();  // before a checkpoint saves it
    for (auto& callback : callbacks_) callback.on_checkpoint(trainer);
    agree_on_ending();
    if (step_.processes() != nullptr)
      check_same_state(*step_.processes(), step_.net(), *random_, progress_.epoch);
  }

  /// Trains on all batches except those completed before the checkpoint, if any, was saved. Returns false if
  /// the epoch was interrupted.
  template <class Train>
  bool train_epoch(Trainer& trainer, Train& train) {
    const Index done = begin_epoch();
    progress_.batch = 0;
    for (const auto& batch : train.training_epoch(*random_)) {
      if (progress_.batch < done) {
        // Only the checkpoint has the generator's state after the completed steps.
        if (++progress_.batch == done) *random_ = state_.random;
        continue;
      }
      if (!train_batch(trainer, own_rows<Scalar>(train, batch, progress_.batch, step_.processes()))) continue;
      end_step(trainer);
      if (is_ending()) break;
    }
    if (step_.is_open()) {  // the source had fewer batches than size() promised
      make_step(trainer);
      end_step(trainer);
    }
    // A stop skips the checkpoint of its step, so the epoch is recorded and saved, interrupted or not.
    return !is_interrupted_ || state_.is_stopping || progress_.batch >= progress_.batches;
  }

  /// Returns the number of batches of the epoch that are already completed.
  Index begin_epoch() {
    step_.net().train();
    is_in_epoch_ = true;
    step_.clear();
    epoch_began_ = Clock::now();
    if (state_.batch > 0) {
      *random_ = state_.epoch_start;
      write_averages();
      return state_.batch;
    }
    state_.epoch_start = *random_;
    state_.seconds = 0;
    state_.running = {};
    metrics_.reset();
    return 0;
  }

  /// Returns whether the batch completed a step. If not, its gradients are kept for the next ones.
  template <class Rows>
  bool train_batch(Trainer& trainer, const Rows& batch) {
    is_in_step_ = true;
    try {
      step_.add_batch(batch, *random_, progress_,
                      [&](const Tensor<Scalar>& output, const RunningMetrics& totals) {
                        state_.running.add(totals);
                        metrics_.add(output, batch.labels, step_.processes());
                      });
      ++progress_.batch;
      const bool is_last = progress_.batch >= progress_.batches;
      if (progress_.batch % step_.options().accumulation_steps != 0 && !is_last) return false;
      make_step(trainer);
      return true;
    } catch (...) {
      step_.roll_back();
      is_in_step_ = false;
      throw;
    }
  }

  /// Performs the step, once the gradients of all its batches have been added.
  void make_step(Trainer& trainer) {
    step_.finish_gradients();
    for (auto& callback : callbacks_) callback.on_gradient(trainer);
    step_.clip_gradients();
    for (auto& callback : callbacks_) callback.on_before_step(trainer);
    step_.update();
  }

  void end_step(Trainer& trainer) {
    is_in_step_ = false;
    progress_.loss = step_.batch_loss();
    step_.clear();
    ++progress_.step;
    write_averages();
    for (auto& callback : callbacks_) callback.on_step(trainer);
    agree_on_ending();
    // After a stop, the epoch is recorded first: resuming from a checkpoint saved here would continue it.
    if (state_.is_stopping) return;
    for (auto& callback : callbacks_) callback.on_checkpoint(trainer);
    agree_on_ending();
  }

  /// Ends the fit of all processes if that of one ends.
  void agree_on_ending() {
    if (step_.processes() == nullptr) return;
    std::array<double, 2> ending{state_.is_stopping ? 1.0 : 0.0, is_interrupted_ ? 1.0 : 0.0};
    step_.processes()->sum(ending);
    state_.is_stopping = ending[0] > 0;
    is_interrupted_ = ending[1] > 0;
  }

  /// Checks that all processes train the same network in the same way, and copies the weights of process 0 to
  /// all.
  template <class Train, class Validation>
  void begin_together(Train& train, Validation* validation, Index epochs, Index batch) {
    Agreement agreement;
    describe_step(agreement, step_);
    describe_source(agreement, "training", train);
    if (validation != nullptr) describe_source(agreement, "validation", *validation);
    agreement.add("random generator with fingerprint", fingerprint_of(*random_));
    agreement.add("epoch", state_.history.size());
    agreement.add("last epoch", epochs);
    agreement.add("step", progress_.step);
    agreement.add("batch of the epoch", batch);
    agreement.add("metrics", metrics_.size());
    agreement.check(*step_.processes());
    broadcast_state(*step_.processes(), step_.net());
  }

  void write_averages() {
    state_.running.write_average(progress_.train);
    metrics_.write(progress_.train.named);
  }

  /// Returns the time spent on the epoch, including that before an interruption.
  double seconds_in_epoch() const {
    return state_.seconds + std::chrono::duration<double>(Clock::now() - epoch_began_).count();
  }

  Step step_;
  Generator* random_;
  std::vector<AnyCallback<Trainer>> callbacks_;
  MetricSet<Scalar, typename Step::LossType> metrics_;
  MetricSet<Scalar, typename Step::LossType> evaluation_metrics_;
  FitState state_;
  Progress progress_;
  Clock::time_point epoch_began_ = {};
  bool is_resumed_ = false;
  bool is_interrupted_ = false;
  bool has_failed_ = false;  // whether on_end is called after an exception
  bool is_in_epoch_ = false;
  bool is_in_step_ = false;
  nn::Workspace<Scalar> workspace_;
};

}  // namespace gradus::detail
