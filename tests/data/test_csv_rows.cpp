// SPDX-License-Identifier: MIT

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/data/csv_pieces.hpp>
#include <gradus/data/csv_rows.hpp>

namespace {

using gradus::Index;
using gradus::detail::count_csv_rows;
using gradus::detail::CsvField;
using gradus::detail::CsvRows;

std::vector<std::vector<std::string>> all(std::string_view text, char delimiter = ',') {
  CsvRows rows(text, delimiter, "file");
  std::vector<std::vector<std::string>> read;
  while (rows.next()) {
    read.emplace_back();
    for (const CsvField& field : rows.fields()) read.back().emplace_back(field.text);
  }
  CHECK(count_csv_rows(text) == static_cast<Index>(read.size()));
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

TEST_CASE("CsvRows: recognises plain numbers, and their ends as the ends of fields") {
  const auto numbers = [](std::string_view text, char delimiter = ',') {
    CsvRows rows(text, delimiter, "file");
    std::string read;
    while (rows.next()) {
      for (const CsvField& field : rows.fields()) {
        read += '[' + std::string(field.text) + ']';
        if (!std::isnan(field.number)) read += std::to_string(static_cast<int>(field.number));
      }
    }
    return read;
  };
  CHECK(numbers("1,-2.0\r\n\"3\",+40e1\n5,6\r") == "[1]1[-2.0]-2[3]3[+40e1]400[5]5[6]6");
  CHECK(numbers("12a,1e,,1.2.3\n4\r5,6\rx\n") == "[12a][1e][][1.2.3][4\r5][6\rx]");
  CHECK(numbers("\"7x\",\"8\"\"\",\" 9\",10") == "[7x][8\"][ 9][10]10");
  // Delimiters that could be part of a number.
  CHECK(numbers("1.25", '.') == "[1][25]");
  CHECK(numbers("1e25", 'e') == "[1][25]");
  CHECK(numbers("1-2", '-') == "[1][2]");
  CHECK(numbers("102", '0') == "[1][2]");
  CHECK_THROWS_AS(numbers("12\"3\"\n"), gradus::FileError);
}

TEST_CASE("CsvRows: continues with the next text, and counts its lines on") {
  CsvRows rows("\xef\xbb\xbf\"a\"\n\n", ',', "file");
  REQUIRE(rows.next());
  CHECK(rows.fields()[0].text == "a");
  CHECK_FALSE(rows.next());
  rows.resume("\nb,c\n");
  REQUIRE(rows.next());
  CHECK(rows.line() == 4);
  CHECK(rows.fields()[1].text == "c");
}
