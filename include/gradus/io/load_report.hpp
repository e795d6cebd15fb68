// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <gradus/core/escape.hpp>

namespace gradus {

/// An assignment of a tensor in a file to a tensor of a network.
struct Assignment {
  std::string from;         ///< the name in the file; escape it before printing
  std::string to;           ///< the name in the network
  std::string description;  ///< dtype and shape in the file: `F32 [256, 784]`
};

/// The result of a load: what was loaded and, with Match::what_fits, what was not.
struct LoadReport {
  std::vector<std::string> missing;       ///< in the network but not in the file; left unchanged
  std::vector<std::string> unexpected;    ///< in the file but not in the network; skipped
  std::vector<std::string> different;     ///< in both, with different shape or dtype; left unchanged
  std::vector<Assignment> assigned = {};  ///< loaded, in network order
  /// Returns whether the file had every tensor of the network and no others.
  bool complete() const { return missing.empty() && unexpected.empty() && different.empty(); }

  /// Describes the mismatches: `missing 3.bias; unexpected 5.weight; 1.weight is F32 [256, 784] in the file,
  /// F32 [128, 784] in the network`. Lists at most ten of each kind and counts the rest. Safe to print.
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

  /// Returns a table of the assignments, one line per tensor: `fc1.weight  ->  0.weight  F32 [256, 784]`.
  /// Safe to print.
  std::string table() const {
    std::size_t from = 0, to = 0;
    for (const Assignment& each : assigned) {
      from = std::max(from, escaped(each.from, detail::longest_name).size());
      to = std::max(to, each.to.size());
    }
    std::string text;
    for (const Assignment& each : assigned) {
      const std::string name = escaped(each.from, detail::longest_name);
      text += name + std::string(from - name.size(), ' ') + "  ->  " + each.to +
              std::string(to - each.to.size(), ' ') + "  " + each.description + "\n";
    }
    return text;
  }
};

}  // namespace gradus
