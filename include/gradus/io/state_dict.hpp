// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/io/architecture.hpp>
#include <gradus/io/float_type.hpp>
#include <gradus/io/load_options.hpp>
#include <gradus/io/load_report.hpp>
#include <gradus/io/module_registry.hpp>
#include <gradus/io/network_state.hpp>
#include <gradus/io/safetensors.hpp>
#include <gradus/io/tensor_names.hpp>
#include <gradus/nn/sequential.hpp>

/// Loads and saves networks as safetensors files with PyTorch's names and layout: `save` writes what
/// `safetensors.torch.load_file` reads as a state_dict of the same network, and vice versa.
namespace gradus {

/// Options for `save`.
template <class Scalar = float>
struct SaveOptions {
  /// The floating-point type in the file; that of the network if empty.
  std::optional<FloatType> dtype = {};
  /// Text for readers of the file.
  std::map<std::string, std::string> metadata = {};
  /// User-defined modules that `load_network` will rebuild.
  ModuleRegistry<Scalar> modules = {};
  /// An input to store with the network's output, for `verify`; null for none.
  const Tensor<Scalar>* example = nullptr;
};

/// Writes all parameters, buffers and counters of a network, and its architecture for `load_network`. The
/// file appears complete or not at all. Throws FileError.
template <class Scalar>
void save(const nn::Sequential<Scalar>& net, const std::filesystem::path& file,
          const SaveOptions<Scalar>& options) {
  SafetensorsWriter writer;
  writer.add_metadata("format", "pt");  // PyTorch's own tools look for this
  writer.add_metadata(detail::architecture_key, detail::architecture_json(net, options.modules));
  for (const auto& [key, value] : options.metadata) writer.add_metadata(key, value);
  for (const auto& [name, tensor, counter] : detail::network_state(net)) {
    if (counter != nullptr) {
      writer.add(name, TensorView<const std::int64_t>(counter, Shape{}));
    } else if (options.dtype) {
      writer.add_converted(name, tensor->view(), *options.dtype);
    } else {
      writer.add(name, *tensor);
    }
  }
  Tensor<Scalar> output;
  if (options.example != nullptr) {
    output = net.predict(*options.example);
    writer.add(detail::verify_input, *options.example);
    writer.add(detail::verify_output, output);
  }
  writer.write(file);
}

/// Saves a network with metadata only.
template <class Scalar>
void save(const nn::Sequential<Scalar>& net, const std::filesystem::path& file,
          const std::map<std::string, std::string>& metadata = {}) {
  save(net, file, SaveOptions<Scalar>{.metadata = metadata});
}

namespace detail {

/// The comparison of a file with a network, before anything is read.
template <class Scalar>
struct Fit {
  LoadReport report;
  std::vector<std::pair<StateTensor<Scalar>, const SafetensorsEntry*>> fitting;
  bool only_dtypes_differ = true;  ///< whether `convert` would help
};

/// Returns whether the entry has the tensor's dtype or may be converted to it.
template <class Scalar>
bool dtype_fits(const StateTensor<Scalar>& wanted, const SafetensorsEntry& entry, bool convert) {
  if (wanted.counter == nullptr && convert && float_type(entry.dtype)) return true;
  return entry.dtype == wanted.dtype();
}

template <class Scalar>
Fit<Scalar> compare(const std::vector<StateTensor<Scalar>>& state, const std::vector<FileTensor>& tensors,
                    bool convert) {
  Fit<Scalar> fit;
  std::map<std::string_view, const SafetensorsEntry*> in_file;
  for (const FileTensor& tensor : tensors) in_file.emplace(tensor.name, tensor.entry);
  std::map<std::string_view, bool> wanted;
  for (const StateTensor<Scalar>& each : state) {
    wanted.emplace(each.name, true);
    const auto found = in_file.find(each.name);
    if (found == in_file.end()) {
      if (!each.is_optional()) fit.report.missing.push_back(each.name);
      continue;
    }
    const SafetensorsEntry& entry = *found->second;
    const bool same_shape = entry.has_shape() && entry.shape == each.shape();
    if (same_shape && dtype_fits(each, entry, convert)) {
      fit.fitting.emplace_back(each, &entry);
      fit.report.assigned.push_back({entry.name, each.name, entry.description()});
      continue;
    }
    fit.only_dtypes_differ = fit.only_dtypes_differ && same_shape && dtype_fits(each, entry, true);
    fit.report.different.push_back(each.name + " is " + entry.description() + " in the file, " +
                                   each.dtype() + " " + each.shape().to_string() + " in the network");
  }
  for (const FileTensor& tensor : tensors) {
    if (!wanted.contains(tensor.name)) fit.report.unexpected.push_back(tensor.entry->name);
  }
  return fit;
}

/// Returns a hint if the names differ only by a prefix, as for a network inside another, or if the dtypes
/// could be converted; else an empty string.
template <class Scalar>
std::string hint(const Fit<Scalar>& fit) {
  const LoadReport& report = fit.report;
  if (!report.different.empty() && fit.only_dtypes_differ) return "; `.convert = true` converts the dtype";
  if (report.missing.empty()) return "";
  const std::string ending = "." + report.missing.front();
  const auto found = std::ranges::find_if(report.unexpected,
                                          [&](const std::string& name) { return name.ends_with(ending); });
  if (found == report.unexpected.end()) return "";
  return "; names in the file seem to begin with " +
         in_quotes(std::string_view(*found).substr(0, found->size() - ending.size() + 1)) +
         ", which `.prefix` strips";
}

/// Reads all matching tensors, then moves them into the network, which stays unchanged if anything throws.
template <class Scalar>
void read_fitting(const SafetensorsReader& reader, const Fit<Scalar>& fit) {
  std::vector<Tensor<Scalar>> tensors;
  std::vector<std::int64_t> counters;
  for (const auto& [wanted, entry] : fit.fitting) {
    if (wanted.counter == nullptr) {
      tensors.push_back(reader.template read_converted<Scalar>(entry->name));
      continue;
    }
    counters.push_back(read_count(reader, entry->name));
  }
  std::size_t tensor = 0, counter = 0;
  for (const auto& [wanted, entry] : fit.fitting) {
    if (wanted.counter == nullptr) {
      *wanted.tensor = std::move(tensors[tensor++]);
    } else {
      *wanted.counter = counters[counter++];
    }
  }
}

/// Loads from an open file.
template <class Scalar>
LoadReport load_from(const SafetensorsReader& reader, nn::Sequential<Scalar>& net,
                     const LoadOptions& options) {
  const std::vector<StateTensor<Scalar>> state = network_state(net);
  const std::string start = "load: " + reader.name();
  std::vector<FileTensor> tensors = without_prefix(reader, options.prefix);
  rename(start, tensors, options.rename);
  const bool by_order = options.match == Match::by_order;
  if (by_order) {
    std::vector<std::string> names;
    for (const StateTensor<Scalar>& each : state) names.push_back(each.name);
    rename_by_order(start, tensors, names);
  }
  Fit<Scalar> fit = compare(state, tensors, options.convert);
  const auto throw_error = [&](const std::string& what) {
    throw FileError(
        start + ": " + what + ": " + fit.report.to_string() + hint(fit) +
        (by_order && !fit.report.assigned.empty() ? "; by order, these fit:\n" + fit.report.table() : ""));
  };
  if (options.match != Match::what_fits && !fit.report.complete())
    throw_error("file does not fit the network");
  const bool wants_nothing = fit.report.missing.empty() && fit.report.different.empty();
  if (fit.fitting.empty() && !wants_nothing) throw_error("no tensor fits the network");
  read_fitting(reader, fit);
  if (by_order && options.table != nullptr) *options.table << fit.report.table();
  return std::move(fit.report);
}

}  // namespace detail

/// Loads a network's state from a file, a MemoryMap or bytes in memory. If the file does not match, throws
/// FileError naming the differences; `Match::what_fits` reports them instead, but throws too if nothing fits,
/// because a wrong prefix would otherwise go unnoticed. If anything throws, the network is unchanged. As in
/// PyTorch, `num_batches_tracked` may be missing; the counter then keeps its value.
template <class Scalar>
LoadReport load(nn::Sequential<Scalar>& net, SafetensorsSource source, const LoadOptions& options) {
  return detail::load_from(SafetensorsReader(std::move(source)), net, options);
}

/// Loads with the given Match.
template <class Scalar>
[[nodiscard]] LoadReport load(nn::Sequential<Scalar>& net, SafetensorsSource source, Match match) {
  return load(net, std::move(source), LoadOptions{.match = match});
}

/// Loads a file that must match the network exactly: `load(net, file, Match::strict)`. Throws FileError.
template <class Scalar>
void load(nn::Sequential<Scalar>& net, SafetensorsSource source) {
  static_cast<void>(load(net, std::move(source), Match::strict));
}

}  // namespace gradus
