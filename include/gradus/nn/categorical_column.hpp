// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/index.hpp>

namespace gradus::nn {

/// A column of category numbers.
struct CategoricalColumn {
  Index column;  ///< Its index.
  Index count;   ///< How many categories it has, numbered 0, 1, ...

  /// Whether two columns are the same.
  bool operator==(const CategoricalColumn&) const = default;
};

/// The most categories of a column: `float` represents each of their numbers exactly.
inline constexpr Index max_categories = Index{1} << 24;

}  // namespace gradus::nn
