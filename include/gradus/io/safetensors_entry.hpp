// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gradus/core/escape.hpp>
#include <gradus/core/shape.hpp>

namespace gradus {

/// A tensor as the header of a safetensors file describes it: the bytes `[begin, end)` of the data that
/// follow. A file may hold tensors that gradus cannot read, of another dtype or of more dimensions.
struct SafetensorsEntry {
  std::string name;   ///< any UTF-8 text; escape it before printing
  std::string dtype;  ///< "F32", "F64", "I64", ... as in the file
  Shape shape;        ///< rank 0 if `rank` is above Shape::max_rank
  Index rank = 0;     ///< the number of dimensions
  /// Where its bytes begin, counted from the end of the header.
  std::uint64_t begin = 0;
  /// Where its bytes end.
  std::uint64_t end = 0;

  /// Whether the tensor can be read as one of this library: its rank is small enough.
  bool has_shape() const { return rank <= Shape::max_rank; }
  /// `F32 [2, 3]`, or `F32 of rank 9`; safe to print.
  std::string description() const {
    const std::string type = escaped(dtype, detail::longest_name);
    return has_shape() ? type + " " + shape.to_string() : type + " of rank " + std::to_string(rank);
  }
};

/// The content of a header.
struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  ///< in the order of the data
  /// The texts under `__metadata__`.
  std::map<std::string, std::string> metadata;
  std::vector<std::size_t> by_name;  ///< the positions of the entries, sorted by name

  /// The entry of a name, or null if there is none.
  const SafetensorsEntry* find(std::string_view name) const {
    const auto name_at = [this](std::size_t i) -> std::string_view { return entries[i].name; };
    const auto found = std::ranges::lower_bound(by_name, name, {}, name_at);
    return found == by_name.end() || name_at(*found) != name ? nullptr : &entries[*found];
  }
};

}  // namespace gradus
