// SPDX-License-Identifier: MIT

#pragma once

#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <gradus/version.hpp>

namespace gradus {

/// How the tensors of a file are assigned to those of a network.
enum class Match {
  strict,     ///< by name; a file that does not fit the network exactly is refused
  what_fits,  ///< by name; what does not fit is reported and left as it was
  /// Module by module, whatever their names; refused unless each module has the same tensors. Files of
  /// Python's safetensors package are sorted by name: there, modules go by the numbers in their names, so
  /// that those of a Sequential are in order, and those of a class may not be. See LoadOptions::table.
  by_order
};

/// Options of `load`.
struct LoadOptions {
  Match match = Match::strict;  ///< how tensors are assigned
  /// Whether F64, F32, F16 and BF16 are converted to the network's scalar. Numbers beyond its range become
  /// infinite.
  bool convert = false;
  /// Reads only tensors whose names begin with this, and leaves it out: `"actor."`.
  std::string prefix = {};
  /// Pairs of a module's path in the file, after the prefix, and its path in the network: `{{"fc1", "0"}}`
  /// takes `fc1.weight` for `0.weight`. The longest path that fits a name counts. A whole name may be given
  /// too.
  std::vector<std::pair<std::string, std::string>> rename = {};
  /// Where `by_order` prints what went where; null for nowhere. Modules of equal shapes may be in another
  /// order than the one meant, so read it.
  std::ostream* table = &std::cout;
};

}  // namespace gradus
