// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/io/safetensors_dtype.hpp>
#include <gradus/io/safetensors_reader.hpp>
#include <gradus/nn/module.hpp>
#include <gradus/nn/sequential.hpp>

namespace gradus::detail {

/// A tensor or counter of a network and its name in a file.
template <class Scalar>
struct StateTensor {
  std::string name;
  Tensor<Scalar>* tensor = nullptr;  ///< null for a counter
  std::int64_t* counter = nullptr;   ///< null for a tensor

  const Shape& shape() const {
    static const Shape scalar{};
    return tensor == nullptr ? scalar : tensor->shape();
  }
  std::string dtype() const {
    return tensor == nullptr ? safetensors_dtype<std::int64_t>() : safetensors_dtype<Scalar>();
  }
  /// Returns whether a file may lack it. PyTorch counts batches only since 0.4.1 and loads older files.
  bool is_optional() const { return counter != nullptr && name.ends_with("num_batches_tracked"); }
};

/// Appends the state of a network in PyTorch's order: for each module, parameters, buffers and counters. Does
/// not modify the network.
template <class Scalar>
void append_state(nn::Sequential<Scalar>& net, const std::string& path,
                  std::vector<StateTensor<Scalar>>& state) {
  for (Index i = 0; i < net.size(); ++i) {
    const std::string child = path + net.child_name(i) + ".";
    if (auto* nested = net[i].template get_if<nn::Sequential<Scalar>>()) {
      append_state(*nested, child, state);
      continue;
    }
    nn::visit_state(net[i], [&](std::string_view name, Tensor<Scalar>& tensor) {
      state.push_back({child + std::string(name), &tensor, nullptr});
    });
    nn::visit_counters(net[i], [&](std::string_view name, std::int64_t& counter) {
      state.push_back({child + std::string(name), nullptr, &counter});
    });
  }
}
/// Returns the state of a network, as pointers into it. The cast is needed because a module without const
/// visits would be copied, and the copy destroyed before it is written.
template <class Scalar>
std::vector<StateTensor<Scalar>> network_state(const nn::Sequential<Scalar>& net) {
  std::vector<StateTensor<Scalar>> state;
  append_state(const_cast<nn::Sequential<Scalar>&>(net), "", state);
  return state;
}

/// Reads a counter from a file. Throws FileError unless it is a non-negative I64 of rank 0.
inline std::int64_t read_count(const SafetensorsReader& reader, std::string_view name) {
  const Tensor<std::int64_t> stored = reader.read<std::int64_t>(name);
  if (stored.shape().rank() == 0 && stored.item() >= 0) return stored.item();
  const std::string found = stored.shape().rank() == 0 ? "is " + std::to_string(stored.item())
                                                       : "has shape " + stored.shape().to_string();
  throw FileError("load: " + reader.name() + ": " + in_quotes(name) + " " + found +
                  ", expected a count >= 0");
}

}  // namespace gradus::detail
