// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/nn/categorical_column.hpp>

TEST_CASE("CategoricalColumn: is equal to one with the same column and count") {
  const gradus::nn::CategoricalColumn column{1, 3};
  CHECK(column == gradus::nn::CategoricalColumn{1, 3});
  CHECK(column != gradus::nn::CategoricalColumn{2, 3});
  CHECK(column != gradus::nn::CategoricalColumn{1, 4});
}

TEST_CASE("CategoricalColumn: a float represents the number of each category") {
  const auto last = static_cast<float>(gradus::nn::max_categories - 1);
  CHECK(static_cast<gradus::Index>(last) == gradus::nn::max_categories - 1);
  CHECK(last < static_cast<float>(gradus::nn::max_categories));
}
