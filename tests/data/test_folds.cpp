// SPDX-License-Identifier: MIT

#include <algorithm>
#include <map>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/data/folds.hpp>

namespace {

using namespace gradus;

/// Checks that each sample is held out once and is in the training part otherwise.
void check_partition(const std::vector<Fold>& folds, Index samples) {
  std::vector<int> held_out(static_cast<std::size_t>(samples));
  for (const Fold& fold : folds) {
    CHECK(static_cast<Index>(fold.train.size() + fold.validation.size()) == samples);
    CHECK(std::ranges::is_sorted(fold.train));
    CHECK(std::ranges::is_sorted(fold.validation));
    std::vector<Index> both;
    std::ranges::merge(fold.train, fold.validation, std::back_inserter(both));
    CHECK(std::ranges::adjacent_find(both) == both.end());
    for (const Index sample : fold.validation) ++held_out[static_cast<std::size_t>(sample)];
  }
  CHECK(std::ranges::all_of(held_out, [](int times) { return times == 1; }));
}

/// Returns the labels of nine samples of class 7 and three of class 2.
std::vector<Index> uneven_labels() { return {7, 7, 2, 7, 7, 7, 2, 7, 7, 7, 2, 7}; }

Index count(const std::vector<Index>& samples, Index label) {
  const auto labels = uneven_labels();
  return std::ranges::count_if(
      samples, [&](Index sample) { return labels[static_cast<std::size_t>(sample)] == label; });
}

}  // namespace

TEST_CASE("kfold: each sample is held out once, in parts of equal size") {
  Generator random(1), same(1);
  const auto folds = kfold(11, 4, random);
  check_partition(folds, 11);
  REQUIRE(folds.size() == 4);
  CHECK(folds[0].validation.size() == 3);
  CHECK(folds[3].validation.size() == 2);
  CHECK(kfold(11, 4, same)[2].validation == folds[2].validation);
  CHECK_FALSE(kfold(11, 4, same)[2].validation == folds[2].validation);
  check_partition(kfold(5, 5, random), 5);
}

TEST_CASE("kfold: refuses too few or too many folds") {
  Generator random(1);
  CHECK_THROWS_WITH_AS(kfold(3, 4, random),
                       "kfold: got 4 folds for 3 samples, expected at least 2 and at most one per sample",
                       ArgumentError);
  CHECK_THROWS_AS(kfold(3, 1, random), ArgumentError);
  CHECK_THROWS_AS(kfold(0, 2, random), ArgumentError);
  CHECK_THROWS_AS(stratified_kfold(uneven_labels(), 13, random), ArgumentError);
}

TEST_CASE("stratified_kfold: each part has its share of each class") {
  Generator random(2);
  const auto folds = stratified_kfold(uneven_labels(), 3, random);
  check_partition(folds, 12);
  for (const Fold& fold : folds) {
    CHECK(count(fold.validation, 2) == 1);
    CHECK(count(fold.validation, 7) == 3);
  }
}

TEST_CASE("stratified_split: both parts have their share of each class") {
  Generator random(3);
  Dataset<float, Index> data{Tensor<float>(Shape{12, 1}), Tensor<Index>(Shape{12}), 8};
  std::ranges::copy(uneven_labels(), data.labels.begin());
  for (Index i = 0; i < 12; ++i) data.inputs(i, 0) = static_cast<float>(i);
  const auto parts = stratified_split(data, 1.0 / 3, random);
  CHECK(parts.validation.size() == 4);
  CHECK(std::ranges::count(parts.validation.labels, Index{2}) == 1);
  CHECK(std::ranges::count(parts.train.labels, Index{2}) == 2);
  CHECK(std::ranges::is_sorted(parts.train.inputs));
  CHECK(parts.train.name == "train");
  CHECK(parts.validation.name == "validation");
  CHECK(stratified_split(data, 0, random).validation.size() == 0);
  CHECK(stratified_split(data, 1, random).train.size() == 0);
  CHECK_THROWS_AS(stratified_split(data, 1.5, random), ArgumentError);
}

TEST_CASE("stratified_split: rounds over all classes, not class by class") {
  Generator random(4);
  Dataset<float, Index> data{Tensor<float>(Shape{30, 1}), Tensor<Index>(Shape{30}), 10};
  for (Index i = 0; i < 30; ++i) data.labels(i) = i / 3;
  CHECK(stratified_split(data, 0.5, random).validation.size() == 15);
  CHECK(stratified_split(data, 0.1, random).validation.size() == 3);
}
