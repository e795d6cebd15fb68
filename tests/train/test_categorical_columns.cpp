// SPDX-License-Identifier: MIT

#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/data/dataset.hpp>
#include <gradus/train/categorical_columns.hpp>

TEST_CASE("categorical_columns: lists the features that have categories") {
  gradus::Dataset<float, float> data;
  CHECK(gradus::categorical_columns(data).empty());
  data.feature_names = {"area", "city", "empty", "street"};
  data.categories = {{"city", {"a", "b", "c"}}, {"street", {"x", "y"}}, {"price", {"p"}}, {"empty", {}}};
  CHECK(gradus::categorical_columns(data) == std::vector<gradus::nn::CategoricalColumn>{{1, 3}, {3, 2}});
}
