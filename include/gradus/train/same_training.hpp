// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <gradus/core/process_group.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/nn/module.hpp>
#include <gradus/nn/parameter.hpp>
#include <gradus/train/agreement.hpp>
#include <gradus/train/archive.hpp>
#include <gradus/train/fingerprint.hpp>
#include <gradus/train/trainer_options.hpp>
#include <gradus/version.hpp>

/// Describes what several processes must agree on before they train together, and copies the initial state.
namespace gradus::detail {

template <class Net>
void describe_network(Agreement& agreement, Net& net) {
  using Scalar = typename Net::scalar_type;
  agreement.add("bytes per number", Index{sizeof(Scalar)});
  if constexpr (requires { net[Index{}].name(); }) {
    for (Index i = 0; i < net.size(); ++i) agreement.add("layer " + std::to_string(i), net[i].name());
  }
  net.visit([&](std::string_view name, nn::Parameter<Scalar>& parameter) {
    agreement.add("parameter " + std::string(name),
                  parameter.value.shape().to_string() + (parameter.requires_grad ? "" : ", frozen"));
  });
  nn::visit_buffers(net, [&](std::string_view name, Tensor<Scalar>& tensor) {
    agreement.add("buffer " + std::string(name), tensor.shape().to_string());
  });
}

template <class Optimizer>
void describe_optimizer(Agreement& agreement, Optimizer& optimizer) {
  agreement.add("learning rate", static_cast<double>(optimizer.learning_rate()));
  if constexpr (requires(Archive & archive) { optimizer.serialize(archive); }) {
    FingerprintArchive archive;
    optimizer.serialize(archive);
    agreement.add("optimiser state with fingerprint", archive.fingerprint().to_string());
  }
}

template <class Loss>
void describe_loss(Agreement& agreement, const Loss& loss) {
  if constexpr (requires { loss.reduction; })
    agreement.add("loss reduction", static_cast<Index>(loss.reduction));
  if constexpr (requires { loss.label_smoothing; })
    agreement.add("label smoothing", static_cast<double>(loss.label_smoothing));
  if constexpr (requires { loss.ignore_index; }) agreement.add("ignored label", Index{loss.ignore_index});
  if constexpr (requires { loss.class_weights.shape(); })
    agreement.add("class weights with fingerprint", fingerprint_of(loss.class_weights));
}

template <class Step>
void describe_step(Agreement& agreement, Step& step) {
  const TrainerOptions& options = step.options();
  agreement.add("gradus version", GRADUS_VERSION_STRING);
  agreement.add("accumulation_steps", options.accumulation_steps);
  agreement.add("clip_norm", options.clip_norm);
  agreement.add("clip_value", options.clip_value);
  describe_network(agreement, step.net());
  describe_loss(agreement, step.loss());
  describe_optimizer(agreement, step.optimizer());
}

/// Adds the facts on a batch source. `kind` is `training` or `validation`.
template <class Source>
void describe_source(Agreement& agreement, const std::string& kind, Source& source) {
  if constexpr (requires { source.options().batch_size; })
    agreement.add(kind + " batch size", static_cast<Index>(source.options().batch_size));
  if constexpr (requires {
                  source.options().shuffle;
                  source.options().drop_last;
                  source.options().divisor;
                }) {
    agreement.add(kind + " shuffle", Index{source.options().shuffle});
    agreement.add(kind + " drop_last", Index{source.options().drop_last});
    agreement.add(kind + " divisor", static_cast<double>(source.options().divisor));
  }
  if constexpr (requires { source.data().inputs.shape(); }) {
    const auto& data = source.data();
    agreement.add(kind + " inputs of shape", data.inputs.shape().to_string());
    agreement.add(kind + " inputs with fingerprint", fingerprint_of(data.inputs));
    agreement.add(kind + " labels with fingerprint", fingerprint_of(data.labels));
  }
  agreement.add(kind + " batches", static_cast<Index>(source.size()));
}

/// Copies the parameters, buffers and counters of process 0 to all processes.
template <class Net>
void broadcast_state(ProcessGroup& processes, Net& net) {
  using Scalar = typename Net::scalar_type;
  const auto broadcast = [&](Tensor<Scalar>& tensor) {
    processes.broadcast(std::as_writable_bytes(tensor.span()));
  };
  net.visit([&](std::string_view, nn::Parameter<Scalar>& parameter) { broadcast(parameter.value); });
  nn::visit_buffers(net, [&](std::string_view, Tensor<Scalar>& tensor) { broadcast(tensor); });
  nn::visit_counters(net, [&](std::string_view, std::int64_t& count) {
    processes.broadcast(std::as_writable_bytes(std::span(&count, 1)));
  });
}

/// Throws StateError if a process has different weights, for example because its learning rate was changed,
/// or if its random generator has drawn other numbers.
template <class Net>
void check_same_state(ProcessGroup& processes, Net& net, const Generator& random, Index epoch) {
  using Scalar = typename Net::scalar_type;
  Agreement agreement;
  net.visit([&](std::string_view name, nn::Parameter<Scalar>& parameter) {
    agreement.add(
        "parameter " + std::string(name) + " after epoch " + std::to_string(epoch) + " with fingerprint",
        fingerprint_of(parameter.value));
  });
  agreement.add("random generator after epoch " + std::to_string(epoch) + " with fingerprint",
                fingerprint_of(random));
  agreement.check(processes);
}

}  // namespace gradus::detail
