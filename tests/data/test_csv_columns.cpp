// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/data/csv_columns.hpp>

using gradus::detail::CsvColumns;
using gradus::detail::CsvRole;
using gradus::detail::CsvRows;

TEST_CASE("CsvColumns: reads the features and targets of a row") {
  const gradus::CsvOptions options{.target = "t", .ignore = "i"};
  CsvRows rows("a,i,t\n1,x,2\n", ',', "file");
  REQUIRE(rows.next());
  CsvColumns columns(rows, options, false);
  CHECK(columns.count(CsvRole::feature) == 1);
  CHECK(columns.count(CsvRole::ignored) == 1);
  REQUIRE(rows.next());
  float feature = 0, target = 0;
  columns.check_size(rows);
  CHECK(columns.read(rows, &feature, &target));
  CHECK(feature == 1);
  CHECK(target == 2);
}
