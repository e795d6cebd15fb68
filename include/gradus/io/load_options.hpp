// SPDX-License-Identifier: MIT

#pragma once

#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <gradus/version.hpp>

namespace gradus {

/// How tensors in a file are matched with those of a network.
enum class Match {
  strict,     ///< by name; throws unless the file matches the network exactly
  what_fits,  ///< by name; mismatches are reported and left unchanged
  /// Module by module, ignoring names; throws unless each module has the same tensors. Python's safetensors
  /// package sorts tensors by name. For its files, modules are ordered by the numbers in their names, which
  /// suits a Sequential but not always a class with named members. See LoadOptions::table.
  by_order
};

/// Options for `load`.
struct LoadOptions {
  Match match = Match::strict;  ///< how tensors are matched
  /// Whether to convert F64, F32, F16 and BF16 to the network's scalar type. Out-of-range values become
  /// infinite.
  bool convert = false;
  /// Loads only tensors whose names start with this prefix, and strips it: `"actor."`.
  std::string prefix = {};
  /// Pairs of a module path in the file, after the prefix, and one in the network: `{{"fc1", "0"}}` loads
  /// `fc1.weight` into `0.weight`. The longest matching path wins. Full tensor names are allowed too.
  std::vector<std::pair<std::string, std::string>> rename = {};
  /// Where `by_order` prints its assignments; null to disable. Check them, because modules of equal shape may
  /// be in an unexpected order.
  std::ostream* table = &std::cout;
};

}  // namespace gradus
