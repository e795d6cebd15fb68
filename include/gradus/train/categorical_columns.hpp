// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <vector>

#include <gradus/core/index.hpp>
#include <gradus/data/dataset.hpp>
#include <gradus/nn/one_hot.hpp>

namespace gradus {

/// Returns the text columns of a data set read by `read_csv`, for a OneHot:
///
///     nn::OneHot one_hot{data.inputs.shape()[1], categorical_columns(data)};
template <class Element, class Label>
std::vector<nn::CategoricalColumn> categorical_columns(const Dataset<Element, Label>& data) {
  std::vector<nn::CategoricalColumn> columns;
  for (std::size_t i = 0; i < data.feature_names.size(); ++i) {
    const auto found = data.categories.find(data.feature_names[i]);
    if (found == data.categories.end() || found->second.empty()) continue;
    columns.push_back({static_cast<Index>(i), static_cast<Index>(found->second.size())});
  }
  return columns;
}

}  // namespace gradus
