// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/train/accumulated_batches.hpp>

using gradus::detail::AccumulatedBatches;

TEST_CASE("AccumulatedBatches: one batch is left as it is") {
  AccumulatedBatches batches;
  CHECK(batches.add(0.1, 7, 1, false) == 1);
  CHECK(batches.last_scale() == 1);
  CHECK(batches.loss() == 0.1);
}

TEST_CASE("AccumulatedBatches: equal batches count alike, and nothing is left to correct") {
  AccumulatedBatches batches;
  for (int i = 0; i < 4; ++i) CHECK(batches.add(i, 64, 4, false) == 0.25);
  CHECK(batches.last_scale() == 1);
  CHECK(batches.loss() == 1.5);
}

TEST_CASE("AccumulatedBatches: batches count by their weights") {
  AccumulatedBatches batches;
  const double first = batches.add(1, 30, 2, false), second = batches.add(4, 10, 2, false);
  CHECK(first * batches.last_scale() == doctest::Approx(0.75));
  CHECK(second * batches.last_scale() == doctest::Approx(0.25));
  CHECK(batches.loss() == 1.75);
}

TEST_CASE("AccumulatedBatches: a first batch without samples that count, and a step of such batches") {
  AccumulatedBatches batches;
  batches.add(0, 0, 2, false);
  const double second = batches.add(3, 5, 2, false);
  CHECK(second * batches.last_scale() == doctest::Approx(1));
  CHECK(batches.loss() == 3);
  AccumulatedBatches nothing;
  CHECK(nothing.add(0, 0, 2, false) == 0);
  CHECK(nothing.add(0, 0, 2, false) == 0);
  CHECK(nothing.last_scale() == 1);
  CHECK(nothing.loss() == 0);
}

TEST_CASE("AccumulatedBatches: sums are added up") {
  AccumulatedBatches batches;
  CHECK(batches.add(3, 64, 2, true) == 1);
  CHECK(batches.add(4, 64, 2, true) == 1);
  CHECK(batches.last_scale() == 1);
  CHECK(batches.loss() == 7);
}
