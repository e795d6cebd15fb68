// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/train/accumulated_batches.hpp>

using gradus::detail::AccumulatedBatches;

TEST_CASE("AccumulatedBatches: a single batch is unchanged") {
  AccumulatedBatches batches;
  CHECK(batches.add(0.1, 7, 1, false) == 1);
  CHECK(batches.last_scale() == 1);
  CHECK(batches.loss() == 0.1);
}

TEST_CASE("AccumulatedBatches: equal batches have equal weight and need no correction") {
  AccumulatedBatches batches;
  for (int i = 0; i < 4; ++i) CHECK(batches.add(i, 64, 4, false) == 0.25);
  CHECK(batches.last_scale() == 1);
  CHECK(batches.loss() == 1.5);
}

TEST_CASE("AccumulatedBatches: batches are weighted") {
  AccumulatedBatches batches;
  const double first = batches.add(1, 30, 2, false), second = batches.add(4, 10, 2, false);
  CHECK(first * batches.last_scale() == doctest::Approx(0.75));
  CHECK(second * batches.last_scale() == doctest::Approx(0.25));
  CHECK(batches.loss() == 1.75);
}

TEST_CASE("AccumulatedBatches: the first batch, or every batch, may have total weight 0") {
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

TEST_CASE("AccumulatedBatches: sum losses are added up") {
  AccumulatedBatches batches;
  CHECK(batches.add(3, 64, 2, true) == 1);
  CHECK(batches.add(4, 64, 2, true) == 1);
  CHECK(batches.last_scale() == 1);
  CHECK(batches.loss() == 7);
}
