// SPDX-License-Identifier: MIT

#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/ops/detail/rows.hpp>

using gradus::Index;
using gradus::Shape;

namespace {

std::vector<std::pair<Index, Index>> rows_of(const Shape& shape) {
  std::vector<std::pair<Index, Index>> rows;
  gradus::ops::detail::for_each_row(shape,
                                    [&](Index offset, Index columns) { rows.emplace_back(offset, columns); });
  return rows;
}

}  // namespace

TEST_CASE("for_each_row: visits the rows of the last axis in order") {
  using Rows = std::vector<std::pair<Index, Index>>;
  CHECK(rows_of({}) == Rows{{0, 1}});
  CHECK(rows_of({1}) == Rows{{0, 1}});
  CHECK(rows_of({5}) == Rows{{0, 5}});
  CHECK(rows_of({3, 2}) == Rows{{0, 2}, {2, 2}, {4, 2}});
  CHECK(rows_of({2, 1, 2, 3}) == Rows{{0, 3}, {3, 3}, {6, 3}, {9, 3}});
  CHECK(rows_of({0}).empty());
  CHECK(rows_of({4, 0}).empty());
  CHECK(rows_of({0, 4}).empty());
}

TEST_CASE("check_columns: requires one number per column, and one for a scalar") {
  using gradus::ops::detail::check_columns;
  CHECK_NOTHROW(check_columns("f", "weight", {3}, {2, 3}));
  CHECK_NOTHROW(check_columns("f", "weight", {1}, {}));
  CHECK_THROWS_WITH_AS(check_columns("f", "weight", {2}, {2, 3}), "f: weight has shape [2], expected [3]",
                       gradus::ShapeError);
  CHECK_THROWS_AS(check_columns("f", "weight", {1, 3}, {2, 3}), gradus::ShapeError);
  CHECK_THROWS_AS(check_columns("f", "weight", {}, {}), gradus::ShapeError);
}
