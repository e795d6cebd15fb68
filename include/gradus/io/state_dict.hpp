#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/io/safetensors.hpp>
#include <gradus/nn/module.hpp>
#include <gradus/nn/sequential.hpp>

/// Networks to and from safetensors files, with PyTorch's names and layout: what `save` writes,
/// `safetensors.torch.load_file` reads as a state_dict of the same network, and the other way round.
namespace gradus {

/// Whether a file that does not fit the network exactly is refused.
enum class Match { strict, what_fits };

/// What a load that is not strict left undone.
struct LoadReport {
  std::vector<std::string> missing;     ///< in the network, not in the file: kept as they were
  std::vector<std::string> unexpected;  ///< in the file, not in the network: skipped
  std::vector<std::string> different;   ///< in both with another shape or dtype: kept as they were
  bool complete() const { return missing.empty() && unexpected.empty() && different.empty(); }

  /// `missing 3.bias; unexpected 5.weight; 1.weight is F32 [256, 784] in the file, F32 [128, 784] in the
  /// network`
  std::string to_string() const {
    std::string text;
    const auto list = [&](const char* kind, const std::vector<std::string>& names) {
      for (const std::string& name : names) text += (text.empty() ? "" : "; ") + (kind + name);
    };
    list("missing ", missing);
    list("unexpected ", unexpected);
    list("", different);
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

/// Fills a network from a file. A strict load of a file that does not fit throws FileError, naming every
/// difference, and one that is not strict reports them; whatever is thrown, the network is unchanged.
template <class Scalar>
LoadReport load(nn::Sequential<Scalar>& net, const std::filesystem::path& file, Match match = Match::strict) {
  const SafetensorsReader reader(file);
  LoadReport report;
  std::vector<std::pair<Tensor<Scalar>*, const SafetensorsEntry*>> fitting;
  std::vector<std::string> wanted;
  const std::string dtype = detail::safetensors_dtype<Scalar>();
  nn::visit_state(net, [&](std::string_view name, Tensor<Scalar>& tensor) {
    wanted.emplace_back(name);
    const SafetensorsEntry* entry = reader.find(name);
    if (entry == nullptr) {
      report.missing.emplace_back(name);
    } else if (!(entry->shape == tensor.shape()) || entry->dtype != dtype) {
      report.different.push_back(std::string(name) + " is " + entry->dtype + " " + entry->shape.to_string() +
                                 " in the file, " + dtype + " " + tensor.shape().to_string() +
                                 " in the network");
    } else {
      fitting.emplace_back(&tensor, entry);
    }
  });
  for (const SafetensorsEntry& entry : reader.entries()) {
    if (std::ranges::find(wanted, entry.name) == wanted.end()) report.unexpected.push_back(entry.name);
  }
  if (match == Match::strict && !report.complete()) {
    throw FileError(file.string() + ": does not fit the network: " + report.to_string());
  }
  std::vector<Tensor<Scalar>> read;
  for (const auto& [tensor, entry] : fitting) read.push_back(reader.template read<Scalar>(entry->name));
  for (std::size_t i = 0; i < read.size(); ++i) *fitting[i].first = std::move(read[i]);
  return report;
}

}  // namespace gradus
