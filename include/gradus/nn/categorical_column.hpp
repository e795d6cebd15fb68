// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/index.hpp>

namespace gradus::nn {

/// A column of category numbers.
struct CategoricalColumn {
  Index column;  ///< index of the column
  Index count;   ///< number of categories, which are numbered 0, 1, ...

  /// Returns whether both columns are the same.
  bool operator==(const CategoricalColumn&) const = default;
};

/// The largest number of categories in a column; `float` represents the number of each category exactly.
inline constexpr Index max_categories = Index{1} << 24;

}  // namespace gradus::nn
