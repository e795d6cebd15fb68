// SPDX-License-Identifier: MIT

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/data/csv_options.hpp>

TEST_CASE("ColumnNames: one name or several") {
  const auto names = [](const gradus::ColumnNames& given) {
    return std::vector<std::string>(given.begin(), given.end());
  };
  using Names = std::vector<std::string>;
  CHECK(names({}).empty());
  CHECK(names("a") == Names{"a"});
  CHECK(names(std::string("a")) == Names{"a"});
  CHECK(names({"a", "b"}) == Names{"a", "b"});
  CHECK(names(Names{"a", "b"}) == Names{"a", "b"});
  const gradus::CsvOptions options{.target = {"a", "b"}, .categorical = {"c"}};
  CHECK(options.target.size() == 2);
  CHECK(options.categorical.size() == 1);
}
