// SPDX-License-Identifier: MIT

#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include <gradus/core/error.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/io/load_archive.hpp>
#include <gradus/io/save_archive.hpp>
#include <gradus/nn/module.hpp>
#include <gradus/nn/sequential.hpp>
#include <gradus/optim/check.hpp>
#include <gradus/optim/optimizer.hpp>
#include <gradus/train/archive.hpp>

/// Checkpoints for custom training loops: parameters, buffers, optimiser and generators in one safetensors
/// file, so that training continues bit for bit. See io/training_checkpoint.hpp for a Trainer and
/// io/state_dict.hpp for the network alone.
namespace gradus {

namespace detail {

/// Saves or loads all training state of a network: parameters, buffers, counters and its generator.
template <class Scalar>
void serialize_network(Archive& archive, nn::Sequential<Scalar>& net) {
  const auto scope = archive.scope("net");
  nn::visit_state(net, [&](std::string_view name, Tensor<Scalar>& tensor) { archive(name, tensor); });
  nn::visit_counters(net, [&](std::string_view name, std::int64_t& count) { archive.count(name, count); });
  archive("generator", net.random());
}

/// Saves or loads an optimiser by `serialize(archive)`, or else its learning rates, step count and state.
template <optim::Optimizer Optimizer>
void serialize_optimizer(Archive& archive, Optimizer& optimizer) {
  const auto scope = archive.scope("optimizer");
  if constexpr (requires { optimizer.serialize(archive); }) {
    optimizer.serialize(archive);
  } else {
    for (Index group = 0; group < optimizer.group_count(); ++group) {
      double rate = optimizer.learning_rate(group);
      archive("learning_rate." + std::to_string(group), rate);
      optimizer.set_learning_rate(group, rate);
    }
    Index steps = optimizer.step_count();
    archive("step_count", steps);
    optimizer.set_step_count(steps);
    optimizer.visit_state([&](std::string_view name, auto& tensor) { archive(name, tensor); });
  }
}

/// Returns a copy of the optimiser with the state in the file, so that an invalid file changes nothing.
template <optim::Optimizer Optimizer>
Optimizer loaded_optimizer(LoadArchive& archive, const Optimizer& optimizer) {
  Optimizer loaded = optimizer;
  archive.set_deferred(false);
  serialize_optimizer(archive, loaded);
  archive.set_deferred(true);
  return loaded;
}

}  // namespace detail

/// Writes a checkpoint: `save_checkpoint(net, optimizer, random, file)`. The file appears complete or not at
/// all, so a crash while saving leaves the previous one intact. Throws FileError.
template <class Scalar, optim::Optimizer Optimizer>
void save_checkpoint(nn::Sequential<Scalar>& net, Optimizer& optimizer, const Generator& random,
                     const std::filesystem::path& file) {
  SaveArchive archive;
  Generator generator = random;
  detail::serialize_network(archive, net);
  detail::serialize_optimizer(archive, optimizer);
  archive("generator", generator);
  archive.write(file);
}

/// Restores a checkpoint of the same network and optimiser. Throws FileError naming the first mismatch, in
/// which case nothing has changed.
template <class Scalar, optim::Optimizer Optimizer>
requires std::copyable<Optimizer>
void load_checkpoint(nn::Sequential<Scalar>& net, Optimizer& optimizer, Generator& random,
                     const std::filesystem::path& file) {
  LoadArchive archive(file);
  try {
    detail::serialize_network(archive, net);
    Optimizer loaded = detail::loaded_optimizer(archive, optimizer);
    archive("generator", random);
    archive.finish();
    archive.commit();
    optimizer = std::move(loaded);
  } catch (const ArgumentError& error) {
    archive.fail(error.what());
  }
}

}  // namespace gradus
