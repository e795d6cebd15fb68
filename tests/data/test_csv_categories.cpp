// SPDX-License-Identifier: MIT

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/data/csv_categories.hpp>

using gradus::Index;
using gradus::detail::CsvCategories;

TEST_CASE("CsvCategories: numbers texts in order of appearance, then sorts them") {
  CsvCategories found;
  CHECK(found.number("b") == 0);
  CHECK(found.number("a") == 1);
  CHECK(found.number("b") == 0);
  CHECK(found.size() == 2);
  CHECK(found.texts() == std::vector<std::string>{"a", "b"});
  CHECK(found.places() == std::vector<Index>{1, 0});
  CsvCategories given({"z", "a"});
  CHECK(given.number("z") == 0);
  CHECK(given.number("b") == -1);
  CHECK(given.texts() == std::vector<std::string>{"z", "a"});
  CHECK(given.places() == std::vector<Index>{0, 1});
}
