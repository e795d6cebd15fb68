// SPDX-License-Identifier: MIT

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/data/csv_rows.hpp>

namespace {

using gradus::Index;
using gradus::detail::CsvRows;

std::vector<std::vector<std::string>> all(std::string_view text, char delimiter = ',') {
  CsvRows rows(text, delimiter, "file");
  std::vector<std::vector<std::string>> read;
  while (rows.next()) read.emplace_back(rows.fields().begin(), rows.fields().end());
  CHECK(CsvRows(text, delimiter, "file").count() == static_cast<Index>(read.size()));
  return read;
}

using Rows = std::vector<std::vector<std::string>>;

}  // namespace

TEST_CASE("CsvRows: splits each row into fields, including empty ones") {
  CHECK(all("") == Rows{});
  CHECK(all("a") == Rows{{"a"}});
  CHECK(all("a,b\nc,d\n") == Rows{{"a", "b"}, {"c", "d"}});
  CHECK(all(",\n,,") == Rows{{"", ""}, {"", "", ""}});
  CHECK(all("a|b,c", '|') == Rows{{"a", "b,c"}});
  CHECK(all("\"\"") == Rows{{""}});
  CHECK(all("\"\"\"\",\"a\"\"b\"\n\"c\",d") == Rows{{"\"", "a\"b"}, {"c", "d"}});
  CHECK(all("\r\r\na\n") == Rows{{"\r"}, {"a"}});
  CHECK(all("a\rb\r\n\r") == Rows{{"a\rb"}});
}

TEST_CASE("CsvRows: counts lines, also within quotation marks") {
  CsvRows rows("a\n\n\"b\r\n\n\"\nc", ',', "file");
  for (const Index line : {1, 3, 6}) {
    REQUIRE(rows.next());
    CHECK(rows.line() == line);
  }
  CHECK_FALSE(rows.next());
  CHECK_THROWS_WITH_AS(rows.fail("what"), "file: line 6: what", gradus::FileError);
}
