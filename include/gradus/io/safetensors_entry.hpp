// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gradus/core/escape.hpp>
#include <gradus/core/shape.hpp>

namespace gradus {

/// A tensor as described in the header of a safetensors file, stored in the bytes `[begin, end)` of the data
/// section. Its dtype or rank may be one that gradus cannot read.
struct SafetensorsEntry {
  std::string name;   ///< any UTF-8 text; escape before printing
  std::string dtype;  ///< "F32", "F64", "I64", ... as in the file
  Shape shape;        ///< rank 0 if `rank` is above Shape::max_rank
  Index rank = 0;     ///< the number of dimensions
  /// Where its bytes begin, relative to the end of the header.
  std::uint64_t begin = 0;
  /// Where its bytes end.
  std::uint64_t end = 0;

  /// Returns whether the rank is small enough for a Shape.
  bool has_shape() const { return rank <= Shape::max_rank; }
  /// Returns `F32 [2, 3]` or `F32 of rank 9`; safe to print.
  std::string description() const {
    const std::string type = escaped(dtype, detail::longest_name);
    return has_shape() ? type + " " + shape.to_string() : type + " of rank " + std::to_string(rank);
  }
};

/// The contents of a header.
struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  ///< in data order
  /// The texts under `__metadata__`.
  std::map<std::string, std::string> metadata;
  std::vector<std::size_t> by_name;  ///< indices into `entries`, sorted by name

  /// Returns the entry with this name, or null.
  const SafetensorsEntry* find(std::string_view name) const {
    const auto name_at = [this](std::size_t i) -> std::string_view { return entries[i].name; };
    const auto found = std::ranges::lower_bound(by_name, name, {}, name_at);
    return found == by_name.end() || name_at(*found) != name ? nullptr : &entries[*found];
  }
};

}  // namespace gradus
