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

/// Whether each group counts its own steps.
template <class Optimizer>
concept CountsPerGroup = requires(Optimizer& optimizer, Index group) {
  optimizer.step_count(group);
  optimizer.set_step_count(group, group);
};

/// Returns `7`, or `7,2` if a group was added after five steps.
template <class Optimizer>
std::string step_counts_text(const Optimizer& optimizer) {
  std::string text = std::to_string(optimizer.step_count());
  if constexpr (CountsPerGroup<Optimizer>) {
    bool differ = false;
    std::string all = text;
    for (Index group = 1; group < optimizer.group_count(); ++group) {
      differ = differ || optimizer.step_count(group) != optimizer.step_count();
      all += "," + std::to_string(optimizer.step_count(group));
    }
    if (differ) return all;
  }
  return text;
}

/// Reads `7` or `7,2`; nothing unless the text consists of numbers from 0 on.
inline std::vector<Index> parse_step_counts(std::string_view text) {
  std::vector<Index> counts;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data();; ++at) {
    Index count = -1;
    const auto [next, error] = std::from_chars(at, end, count);
    if (error != std::errc{} || count < 0 || (next != end && *next != ',')) return {};
    counts.push_back(count);
    if (next == end) return counts;
    at = next;
  }
}

/// Throws ArgumentError if there are neither one count for all groups nor one for each, or if one is too
/// large; then nothing has changed.
template <class Optimizer>
void set_step_counts(Optimizer& optimizer, const std::vector<Index>& counts) {
  if (counts.size() == 1) {
    optimizer.set_step_count(counts.front());
    return;
  }
  if constexpr (CountsPerGroup<Optimizer>) {
    if (static_cast<Index>(counts.size()) == optimizer.group_count()) {
      for (const Index count : counts) optim::check_step_count("it", count);
      for (std::size_t group = 0; group < counts.size(); ++group)
        optimizer.set_step_count(static_cast<Index>(group), counts[group]);
      return;
    }
  }
  throw ArgumentError("it has " + std::to_string(counts.size()) + " step counts, expected 1 or " +
                      std::to_string(optimizer.group_count()));
}

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
  writer.add_metadata(detail::step_count_key, detail::step_counts_text(optimizer));
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
  std::vector<Index> steps;
  if (count != reader.metadata().end()) steps = detail::parse_step_counts(count->second);
  if (steps.empty()) throw_error("it has no step count");
  for (const Index step : steps) {
    if (step <= optim::max_step_count) continue;
    throw_error("its step count is " + std::to_string(step) + ", expected at most " +
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
    detail::set_step_counts(optimizer, steps);
  } catch (const ArgumentError& error) {
    throw_error(error.what());
  }
  for (auto& [tensor, stored] : read) *tensor = std::move(stored);
  for (const auto& [counter, restored_count] : counts) *counter = restored_count;
  random = restored;
}

}  // namespace gradus
