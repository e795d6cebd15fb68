// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/file.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/io/network_state.hpp>
#include <gradus/io/safetensors.hpp>
#include <gradus/io/state_dict.hpp>
#include <gradus/nn/module.hpp>
#include <gradus/nn/sequential.hpp>
#include <gradus/optim/check.hpp>
#include <gradus/optim/optimizer.hpp>

/// Interrupted training that goes on as if it had not been interrupted, bit for bit: parameters, buffers,
/// optimiser state and the generator, in one safetensors file. For the network alone see io/state_dict.hpp.
namespace gradus {

namespace detail {

/// Calls f(name, tensor) for everything that training changes, except counters and the generator.
template <class Net, class Optimizer, class F>
void visit_training_state(Net& net, Optimizer& optimizer, F&& f) {
  nn::visit_state(net, [&](std::string_view name, auto& tensor) { f("net." + std::string(name), tensor); });
  optimizer.visit_state(
      [&](std::string_view name, auto& tensor) { f("optimizer." + std::string(name), tensor); });
}

inline constexpr const char* generator_key = "generator";
inline constexpr const char* step_count_key = "step_count";

}  // namespace detail

/// Writes a checkpoint: `save_checkpoint(net, optimizer, random, file)`. The file appears whole or not at
/// all, so that a crash while saving leaves the previous one. Throws FileError.
template <class Scalar, class Optimizer>
requires optim::Optimizer<std::remove_const_t<Optimizer>>
void save_checkpoint(const nn::Sequential<Scalar>& net, Optimizer& optimizer, const Generator& random,
                     const std::filesystem::path& file) {
  SafetensorsWriter writer;
  for (const auto& counter : detail::counters(net)) {
    writer.add("net." + counter.name, TensorView<const std::int64_t>(counter.counter, Shape{}));
  }
  detail::visit_training_state(net, optimizer, [&](const std::string& name, const Tensor<Scalar>& tensor) {
    writer.add(name, tensor);
  });
  const Generator::State words = random.state();
  const TensorView<const std::uint32_t> generator(words, Shape{static_cast<Index>(words.size())});
  writer.add(detail::generator_key, generator);
  writer.add_metadata(detail::step_count_key, std::to_string(optimizer.step_count()));
  writer.write(file);
}

/// Continues from a checkpoint of the same network and optimiser. Throws FileError, which names the first
/// tensor that does not fit; then nothing has changed.
template <class Scalar, optim::Optimizer Optimizer>
void load_checkpoint(nn::Sequential<Scalar>& net, Optimizer& optimizer, Generator& random,
                     const std::filesystem::path& file) {
  const SafetensorsReader reader(file);
  const auto throw_error = [&](const std::string& what) {
    throw FileError(path_text(file) + ": not a checkpoint of this training: " + what);
  };
  std::vector<std::pair<Tensor<Scalar>*, Tensor<Scalar>>> read;
  detail::visit_training_state(net, optimizer, [&](const std::string& name, Tensor<Scalar>& tensor) {
    Tensor<Scalar> stored = reader.read<Scalar>(name);
    if (!(stored.shape() == tensor.shape())) {
      throw_error(escaped(name, detail::longest_name) + " has shape " + stored.shape().to_string() +
                  ", expected " + tensor.shape().to_string());
    }
    read.emplace_back(&tensor, std::move(stored));
  });
  std::vector<std::pair<std::int64_t*, std::int64_t>> counts;
  for (const auto& counter : detail::counters(net)) {
    const std::string name = "net." + counter.name;
    if (counter.is_optional() && reader.find(name) == nullptr) continue;
    counts.emplace_back(counter.counter, detail::read_count(reader, name));
  }
  const std::size_t expected = read.size() + counts.size() + 1;
  if (reader.entries().size() != expected) {
    throw_error(std::to_string(reader.entries().size()) + " tensors, expected " + std::to_string(expected));
  }
  const auto count = reader.metadata().find(detail::step_count_key);
  Index steps = -1;
  if (count != reader.metadata().end()) {
    const std::string& text = count->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), steps);
    if (error != std::errc{} || end != text.data() + text.size()) steps = -1;
  }
  if (steps < 0) throw_error("it has no step count");
  if (steps > optim::max_step_count) {
    throw_error("its step count is " + std::to_string(steps) + ", expected at most " +
                std::to_string(optim::max_step_count));
  }
  Generator restored = random;
  try {
    const Tensor<std::uint32_t> words = reader.read<std::uint32_t>(detail::generator_key);
    restored.set_state(words.span());
  } catch (const ArgumentError& error) {
    throw_error(error.what());
  }
  try {
    optimizer.set_step_count(steps);
  } catch (const ArgumentError& error) {
    throw_error(error.what());
  }
  for (auto& [tensor, stored] : read) *tensor = std::move(stored);
  for (const auto& [counter, restored_count] : counts) *counter = restored_count;
  random = restored;
}

}  // namespace gradus
