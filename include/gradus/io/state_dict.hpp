// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/file.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/io/safetensors.hpp>
#include <gradus/nn/module.hpp>
#include <gradus/nn/sequential.hpp>

/// Networks to and from safetensors files, with PyTorch's names and layout: what `save` writes,
/// `safetensors.torch.load_file` reads as a state_dict of the same network, and the other way round.
namespace gradus {

/// Whether a file that does not fit the network exactly is refused or loaded in part.
enum class Match { strict, what_fits };

/// What a load that is not strict left undone.
struct [[nodiscard]] LoadReport {
  std::vector<std::string> missing;     ///< in the network, not in the file: kept as they were
  std::vector<std::string> unexpected;  ///< in the file, not in the network: skipped
  std::vector<std::string> different;   ///< in both with another shape or dtype: kept as they were
  /// Whether every tensor of the network was in the file, and nothing else.
  bool complete() const { return missing.empty() && unexpected.empty() && different.empty(); }

  /// `missing 3.bias; unexpected 5.weight; 1.weight is F32 [256, 784] in the file, F32 [128, 784] in the
  /// network`. Names ten of each kind and counts the rest; safe to print.
  std::string to_string() const {
    constexpr std::size_t most = 10;
    std::string text;
    const auto append = [&text](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
    const auto list = [&](const std::string& kind, const std::string& before, const auto& names) {
      const std::size_t shown = std::min(names.size(), most);
      for (std::size_t i = 0; i < shown; ++i) append(before + escaped(names[i], 4 * detail::longest_name));
      if (shown < names.size()) append(std::to_string(names.size() - shown) + " more " + kind);
    };
    list("missing", "missing ", missing);
    list("unexpected", "unexpected ", unexpected);
    list("different", "", different);
    return text;
  }
};

/// Writes all parameters and buffers of a network. The file appears whole or not at all. Throws FileError.
template <class Scalar>
void save(const nn::Sequential<Scalar>& net, const std::filesystem::path& file,
          const std::map<std::string, std::string>& metadata = {}) {
  SafetensorsWriter writer;
  writer.add_metadata("format", "pt");  // what PyTorch's own tools look for
  for (const auto& [key, value] : metadata) writer.add_metadata(key, value);
  nn::visit_state(net,
                  [&](std::string_view name, const Tensor<Scalar>& tensor) { writer.add(name, tensor); });
  writer.write(file);
}

namespace detail {

/// What a file holds for a network, before anything is read.
template <class Scalar>
struct Fit {
  LoadReport report;
  std::vector<std::pair<Tensor<Scalar>*, const SafetensorsEntry*>> fitting;
};

template <class Scalar>
Fit<Scalar> compare(nn::Sequential<Scalar>& net, const SafetensorsReader& reader) {
  Fit<Scalar> fit;
  std::set<std::string, std::less<>> wanted;
  const std::string dtype = safetensors_dtype<Scalar>();
  nn::visit_state(net, [&](std::string_view name, Tensor<Scalar>& tensor) {
    wanted.emplace(name);
    const SafetensorsEntry* entry = reader.find(name);
    if (entry == nullptr) {
      fit.report.missing.emplace_back(name);
    } else if (entry->dtype != dtype || !entry->has_shape() || !(entry->shape == tensor.shape())) {
      fit.report.different.push_back(std::string(name) + " is " + entry->description() + " in the file, " +
                                     dtype + " " + tensor.shape().to_string() + " in the network");
    } else {
      fit.fitting.emplace_back(&tensor, entry);
    }
  });
  for (const SafetensorsEntry& entry : reader.entries()) {
    if (!wanted.contains(entry.name)) fit.report.unexpected.push_back(entry.name);
  }
  return fit;
}

/// A sentence for names that differ by a prefix, as those of a network inside another one; else nothing.
inline std::string prefix_hint(const LoadReport& report) {
  if (report.missing.empty()) return "";
  const std::string ending = "." + report.missing.front();
  const auto found = std::ranges::find_if(report.unexpected,
                                          [&](const std::string& name) { return name.ends_with(ending); });
  if (found == report.unexpected.end()) return "";
  return "; the names in the file seem to begin with " +
         in_quotes(std::string_view(*found).substr(0, found->size() - ending.size() + 1));
}

}  // namespace detail

/// Fills a network from a file. A strict load of a file that does not fit throws FileError, naming the
/// differences, and one that is not strict reports them. It throws too if nothing at all fits, since names
/// with a prefix would otherwise leave the network as it was. Whatever is thrown, the network is unchanged.
template <class Scalar>
LoadReport load(nn::Sequential<Scalar>& net, const std::filesystem::path& file, Match match) {
  const SafetensorsReader reader(file);
  detail::Fit<Scalar> fit = detail::compare(net, reader);
  const auto throw_error = [&](const std::string& what) {
    throw FileError(path_text(file) + ": " + what + ": " + fit.report.to_string() +
                    detail::prefix_hint(fit.report));
  };
  if (match == Match::strict && !fit.report.complete()) throw_error("does not fit the network");
  const bool wants_nothing = fit.report.missing.empty() && fit.report.different.empty();
  if (fit.fitting.empty() && !wants_nothing) throw_error("nothing in it fits the network");
  std::vector<Tensor<Scalar>> read;
  for (const auto& [tensor, entry] : fit.fitting) read.push_back(reader.template read<Scalar>(entry->name));
  for (std::size_t i = 0; i < read.size(); ++i) *fit.fitting[i].first = std::move(read[i]);
  return std::move(fit.report);
}

/// Fills a network from a file that must fit it exactly: `load(net, file, Match::strict)`. Throws FileError.
template <class Scalar>
void load(nn::Sequential<Scalar>& net, const std::filesystem::path& file) {
  static_cast<void>(load(net, file, Match::strict));
}

}  // namespace gradus
