// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/io/load_options.hpp>
#include <gradus/io/safetensors_entry.hpp>
#include <gradus/io/safetensors_reader.hpp>

/// Maps tensor names in a file to those of a network: by prefix, by renaming, or by order.
namespace gradus::detail {

/// The names of the tensors that only `verify` reads; they belong to no network.
inline constexpr std::string_view verify_input = "gradus.input", verify_output = "gradus.output";

/// A tensor of a file with the name that it has in the network.
struct FileTensor {
  std::string name;
  const SafetensorsEntry* entry;
};

/// Returns the path of the module that a tensor belongs to: everything before the last dot.
inline std::string_view module_path(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == name.npos ? std::string_view() : name.substr(0, dot);
}

/// Returns the tensors with the prefix, which is stripped. Throws FileError if there are none.
inline std::vector<FileTensor> without_prefix(const SafetensorsReader& reader, std::string_view prefix) {
  std::vector<FileTensor> tensors;
  for (const SafetensorsEntry& entry : reader.entries()) {
    if (entry.name == verify_input || entry.name == verify_output || !entry.name.starts_with(prefix))
      continue;
    tensors.push_back({entry.name.substr(prefix.size()), &entry});
  }
  if (tensors.empty() && !prefix.empty())
    throw FileError("load: " + reader.name() + ": no name begins with " + in_quotes(prefix) +
                    ", expected at least one");
  return tensors;
}

/// Replaces the longest path that matches each name. Throws FileError if a path matches no name or if two
/// tensors would get the same name.
inline void rename(const std::string& file, std::vector<FileTensor>& tensors,
                   const std::vector<std::pair<std::string, std::string>>& paths) {
  if (paths.empty()) return;
  std::vector<bool> used(paths.size());
  for (FileTensor& tensor : tensors) {
    std::size_t best = paths.size();
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const std::string& from = paths[i].first;
      const bool fits = tensor.name.starts_with(from) &&
                        (tensor.name.size() == from.size() || tensor.name[from.size()] == '.');
      if (fits && (best == paths.size() || from.size() > paths[best].first.size())) best = i;
    }
    if (best == paths.size()) continue;
    used[best] = true;
    tensor.name.replace(0, paths[best].first.size(), paths[best].second);
  }
  if (const auto unused = std::ranges::find(used, false); unused != used.end()) {
    const std::string& path = paths[static_cast<std::size_t>(unused - used.begin())].first;
    throw FileError(file + ": rename: no name matches path " + in_quotes(path) + ", expected at least one");
  }
  std::map<std::string_view, const SafetensorsEntry*> names;
  for (const FileTensor& tensor : tensors) {
    const auto [other, is_new] = names.emplace(tensor.name, tensor.entry);
    if (is_new) continue;
    throw FileError(file + ": rename: both " + in_quotes(other->second->name) + " and " +
                    in_quotes(tensor.entry->name) + " become " + in_quotes(tensor.name) +
                    ", expected unique names");
  }
}

/// Compares names with the numbers in them in numeric order: `layer.2` before `layer.10`.
inline bool natural_less(std::string_view a, std::string_view b) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto number = [&](std::string_view& text) {
    const std::size_t end = std::min(text.size(), text.find_first_not_of("0123456789"));
    std::string_view digits = text.substr(0, end);
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
    text.remove_prefix(end);
    return digits;
  };
  std::string_view x = a, y = b;
  while (!x.empty() && !y.empty()) {
    if (is_digit(x[0]) && is_digit(y[0])) {
      const std::string_view m = number(x), n = number(y);
      if (m.size() != n.size()) return m.size() < n.size();
      if (m != n) return m < n;
    } else {
      if (x[0] != y[0]) return x[0] < y[0];
      x.remove_prefix(1);
      y.remove_prefix(1);
    }
  }
  if (x.empty() != y.empty()) return x.empty();
  return a < b;
}

/// Returns the module paths in order of first appearance.
template <class Names>
std::vector<std::string> modules_of(const Names& names) {
  std::vector<std::string> paths;
  std::map<std::string, bool, std::less<>> seen;
  for (const auto& name : names) {
    const std::string_view path = module_path(name);
    if (seen.emplace(path, true).second) paths.emplace_back(path);
  }
  return paths;
}

/// Returns the modules of a file in order. Python's safetensors package sorts the tensors of each dtype by
/// name, which loses the module order, so for such files the numbers in the names are compared. Any other
/// file keeps its order.
inline std::vector<std::string> ordered_modules(const std::vector<FileTensor>& tensors) {
  std::vector<std::string> names;
  names.reserve(tensors.size());
  for (const FileTensor& tensor : tensors) names.push_back(tensor.name);
  std::vector<std::string> paths = modules_of(names);
  bool sorted = true;
  for (std::size_t i = 1; i < tensors.size(); ++i) {
    const bool same = tensors[i - 1].entry->dtype == tensors[i].entry->dtype;
    if (same && tensors[i].entry->name < tensors[i - 1].entry->name) sorted = false;
  }
  if (sorted) std::ranges::sort(paths, natural_less);
  return paths;
}

/// Renames the file's modules, in order, to those of the network. `names` are the network's tensors in order.
/// Throws FileError unless the numbers of modules are equal.
inline void rename_by_order(const std::string& file, std::vector<FileTensor>& tensors,
                            const std::vector<std::string>& names) {
  const std::vector<std::string> from = ordered_modules(tensors), to = modules_of(names);
  if (from.size() != to.size()) {
    throw FileError(file + ": by order: file has " + std::to_string(from.size()) +
                    " modules with tensors, expected " + std::to_string(to.size()) + " as in the network");
  }
  std::map<std::string, std::string, std::less<>> paths;
  for (std::size_t i = 0; i < from.size(); ++i) paths.emplace(from[i], to[i]);
  for (FileTensor& tensor : tensors) {
    const std::string_view path = module_path(tensor.name);
    const std::string leaf = tensor.name.substr(path.empty() ? 0 : path.size() + 1);
    const std::string& target = paths.find(path)->second;
    tensor.name = target.empty() ? leaf : target + "." + leaf;
  }
}

}  // namespace gradus::detail
