// SPDX-License-Identifier: MIT

#pragma once

#include <concepts>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include <gradus/core/error.hpp>
#include <gradus/io/checkpoint.hpp>
#include <gradus/io/load_archive.hpp>
#include <gradus/io/save_archive.hpp>
#include <gradus/nn/parameter.hpp>
#include <gradus/nn/sequential.hpp>
#include <gradus/optim/optimizer.hpp>
#include <gradus/train/progress.hpp>
#include <gradus/train/trainer.hpp>

/// Interrupted training of a Trainer that goes on as if it had not been interrupted, bit for bit, between
/// epochs and in the middle of one:
///
///     load_checkpoint(trainer, "training.safetensors");  // when all callbacks, metrics and states are added
///     trainer.fit(train, test);                          // continues
///
/// The file has all that changes: parameters and which are frozen, buffers, counters; the optimiser's state,
/// step counts, learning rates and options; the generators of the trainer and of the network; history, epoch,
/// step, the position within the epoch and its averages so far; the state of callbacks such as EarlyStopping,
/// BestCheckpoint and schedules, of metrics, and of what `Trainer::add_state` was given, such as averages of
/// weights. It does not have data, options of the trainer, threads, nor the state of functions that were
/// registered, such as `after_each_step`. Sources of batches must make the same batches from the same
/// generator.
namespace gradus {

namespace detail {

template <class Scalar>
void serialize_frozen(Archive& archive, nn::Sequential<Scalar>& net) {
  const auto scope = archive.scope("requires_grad");
  net.visit([&](std::string_view name, nn::Parameter<Scalar>& parameter) {
    archive(name, parameter.requires_grad);
  });
}

inline void serialize_fit(Archive& archive, FitState& state) {
  const auto scope = archive.scope("trainer");
  state.serialize(archive);
}

}  // namespace detail

/// Writes a checkpoint of a training: `save_checkpoint(trainer, file)`. May be called outside of a fit and in
/// a callback's `on_checkpoint`; in `on_step` and `on_epoch` only of the callback that was added last,
/// because the state of those after it would be one behind. The file appears whole or not at all. Throws
/// FileError, and StateError in the middle of a step.
template <class Scalar, class Loss, optim::Optimizer Optimizer>
void save_checkpoint(Trainer<nn::Sequential<Scalar>, Loss, Optimizer>& trainer,
                     const std::filesystem::path& file) {
  detail::FitState state = trainer.fit_state();
  SaveArchive archive;
  detail::serialize_network(archive, trainer.net());
  detail::serialize_frozen(archive, trainer.net());
  detail::serialize_optimizer(archive, trainer.optimizer());
  detail::serialize_fit(archive, state);
  trainer.serialize_parts(archive);
  archive.write(file);
}

/// Continues from a checkpoint: the next call of `fit` goes on where it was saved, up to the number of epochs
/// that the trainer's options say for the fit that was interrupted. The trainer must have the same network,
/// optimiser, callbacks, metrics and states. Throws FileError, which names the first thing that does not fit,
/// and StateError during a fit; then nothing has changed.
template <class Scalar, class Loss, optim::Optimizer Optimizer>
requires std::copyable<Optimizer>
void load_checkpoint(Trainer<nn::Sequential<Scalar>, Loss, Optimizer>& trainer,
                     const std::filesystem::path& file) {
  detail::FitState state = trainer.fit_state();
  if (state.is_running) throw StateError("load_checkpoint: called during a fit, expected a call before it");
  LoadArchive archive(file);
  try {
    detail::serialize_network(archive, trainer.net());
    detail::serialize_frozen(archive, trainer.net());
    Optimizer optimizer = detail::loaded_optimizer(archive, trainer.optimizer());
    archive.set_deferred(false);
    detail::serialize_fit(archive, state);
    archive.set_deferred(true);
    if (state.first_epoch > state.history.size()) archive.fail("it began after more epochs than it has");
    trainer.serialize_parts(archive);
    archive.finish();
    archive.commit();
    trainer.optimizer() = std::move(optimizer);
    trainer.set_fit_state(std::move(state));
  } catch (const ArgumentError& error) {
    archive.fail(error.what());
  }
}

}  // namespace gradus
