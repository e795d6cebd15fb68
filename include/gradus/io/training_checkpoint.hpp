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

/// Saves and resumes the training of a Trainer, bit for bit as if it had not been interrupted, between epochs
/// or within one:
///
///     load_checkpoint(trainer, "training.safetensors");  // after adding all callbacks, metrics and states
///     trainer.fit(train, test);                          // continues
///
/// The file holds everything that changes: parameters and which are frozen, buffers, counters; the
/// optimiser's state, step counts, learning rates and options; the generators of the trainer and the network;
/// history, epoch, step, position within the epoch and running averages; the state of callbacks such as
/// EarlyStopping, BestCheckpoint and schedules, of metrics, and of objects passed to `Trainer::add_state`,
/// such as weight averages. It does not hold data, trainer options, threads, or the state of registered
/// functions such as those of `after_each_step`. Batch sources must produce the same batches from the same
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

/// Writes a checkpoint of a training run: `save_checkpoint(trainer, file)`. Call it outside a fit or in a
/// callback's `on_checkpoint`. In `on_step` and `on_epoch` only the callback added last may call it, because
/// later callbacks would be saved one step behind. The file appears complete or not at all. Throws FileError,
/// and StateError in the middle of a step.
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

/// Restores a checkpoint. The next `fit` continues where it was saved, until the interrupted fit has the
/// number of epochs in the options. The trainer must have the same network, optimiser, callbacks, metrics and
/// states. Throws FileError naming the first mismatch, or StateError during a fit; in both cases nothing has
/// changed.
template <class Scalar, class Loss, optim::Optimizer Optimizer>
requires std::copyable<Optimizer>
void load_checkpoint(Trainer<nn::Sequential<Scalar>, Loss, Optimizer>& trainer,
                     const std::filesystem::path& file) {
  detail::FitState state = trainer.fit_state();
  if (state.is_running)
    throw StateError("load_checkpoint: called during a fit, expected a call outside of it");
  LoadArchive archive(file);
  try {
    detail::serialize_network(archive, trainer.net());
    detail::serialize_frozen(archive, trainer.net());
    Optimizer optimizer = detail::loaded_optimizer(archive, trainer.optimizer());
    archive.set_deferred(false);
    detail::serialize_fit(archive, state);
    archive.set_deferred(true);
    if (state.first_epoch > state.history.size()) {
      archive.fail("trainer.first_epoch is " + std::to_string(state.first_epoch) + ", expected at most " +
                   std::to_string(state.history.size()));
    }
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
