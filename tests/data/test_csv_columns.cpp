// SPDX-License-Identifier: MIT

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/data/csv_columns.hpp>

using gradus::Index;
using gradus::detail::CsvCategories;
using gradus::detail::CsvColumns;
using gradus::detail::CsvRole;
using gradus::detail::CsvRows;

TEST_CASE("CsvCategories: numbers texts in order of appearance, then sorts them") {
  CsvCategories found;
  CHECK(found.number("b") == 0);
  CHECK(found.number("a") == 1);
  CHECK(found.number("b") == 0);
  CHECK(found.texts() == std::vector<std::string>{"a", "b"});
  CHECK(found.places() == std::vector<Index>{1, 0});
  CsvCategories given({"z", "a"});
  CHECK(given.number("z") == 0);
  CHECK(given.number("b") == -1);
  CHECK(given.texts() == std::vector<std::string>{"z", "a"});
  CHECK(given.places() == std::vector<Index>{0, 1});
}

TEST_CASE("CsvColumns: reads the features and targets of a row") {
  const gradus::CsvOptions options{.target = "t", .ignore = "i"};
  CsvRows rows("a,i,t\n1,x,2\n", ',', "file");
  REQUIRE(rows.next());
  CsvColumns columns(rows, options, false);
  CHECK(columns.count(CsvRole::feature) == 1);
  CHECK(columns.count(CsvRole::ignored) == 1);
  REQUIRE(rows.next());
  float feature = 0, target = 0;
  CHECK(columns.read(rows, &feature, &target));
  CHECK(feature == 1);
  CHECK(target == 2);
}
