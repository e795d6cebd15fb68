// SPDX-License-Identifier: MIT

#include <cmath>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/random.hpp>
#include <gradus/data/byte_source.hpp>
#include <gradus/data/csv_pieces.hpp>
#include <gradus/data/read_csv.hpp>

#include "../support/comma_locale.hpp"
#include "../support/temporary_folder.hpp"

namespace {

using namespace gradus;

const CsvOptions houses{.target = "price", .categorical = {"city"}};

std::string message(std::string_view text, const CsvOptions& options = {}) {
  try {
    parse_csv(text, options, "file.csv");
  } catch (const FileError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("read_csv: reads numbers, a target and a text column") {
  const auto data =
      parse_csv("area,city,price,rooms\n50,Ulm,100.5,2\n80.25,Bonn,-2e2,3\n60,Ulm,+7,1\n", houses);
  CHECK(data.feature_names == std::vector<std::string>{"area", "city", "rooms"});
  CHECK(data.inputs == Tensor<float>{{50, 1, 2}, {80.25f, 0, 3}, {60, 1, 1}});
  CHECK(data.labels == Tensor<float>{{100.5f}, {-200}, {7}});
  CHECK(data.categories.at("city") == std::vector<std::string>{"Bonn", "Ulm"});
  CHECK(data.subset(1, 1).feature_names == data.feature_names);
  CHECK(data.select(std::vector<Index>{2}).categories == data.categories);
}

TEST_CASE("read_csv: numbers may have a decimal comma") {
  const CsvOptions options{.target = "price", .delimiter = ';', .decimal = ','};
  const auto data = parse_csv("area;price\n50,25;-1,5e2\n\"80,5\";7\n", options);
  CHECK(data.inputs == Tensor<float>{{50.25f}, {80.5f}});
  CHECK(data.labels == Tensor<float>{{-150}, {7}});
  CHECK(message("area;price\n1.5;1\n", options) ==
        "file.csv: line 2: column \"area\": \"1.5\", expected a finite number; list text columns in "
        ".categorical or .ignore");
  CHECK(message("area;price\n\"1.5\";1\n", options).find("\"1.5\", expected a finite number") !=
        std::string::npos);
  for (const auto& wrong : {CsvOptions{.decimal = ','}, CsvOptions{.decimal = ';'}})
    CHECK_THROWS_WITH_AS(parse_csv("a\n1\n", wrong),
                         doctest::Contains("expected \".\" or, with another delimiter, \",\""),
                         ArgumentError);
}

TEST_CASE("read_csv: the categories of one file can be used for another") {
  const auto train = parse_csv("city,price\nUlm,1\nBonn,2\n", houses);
  CsvOptions again = houses;
  again.categories = train.categories;
  CHECK(parse_csv("city,price\nUlm,1\n", again).inputs == Tensor<float>{{1}});
  CHECK(message("city,price\nUlm,1\nRom,2\n", again) ==
        "file.csv: line 3: column \"city\": \"Rom\" is not among the given categories");
}

TEST_CASE("read_csv: quotation marks, line endings, blank lines and a byte order mark, as in RFC 4180") {
  const auto data = parse_csv("\xef\xbb\xbf\"a \"\"b\"\", c\",d\r\n\r\n\"1\",2\r\n\n3,\"4\"\r\n5,6",
                              {.categorical = {"a \"b\", c"}});
  CHECK(data.feature_names == std::vector<std::string>{"a \"b\", c", "d"});
  CHECK(data.inputs == Tensor<float>{{0, 2}, {1, 4}, {2, 6}});
  CHECK(data.labels.shape() == Shape{3, 0});
  const auto lines = parse_csv("x;y\n\"two\nlines\";1\nplain;2\n", {.categorical = "x", .delimiter = ';'});
  CHECK(lines.categories.at("x") == std::vector<std::string>{"plain", "two\nlines"});
  CHECK(parse_csv("1\t2\n3\t4\n", {.delimiter = '\t', .header = false}).inputs ==
        Tensor<float>{{1, 2}, {3, 4}});
  CHECK(parse_csv("a,b\n").inputs.shape() == Shape{0, 2});
  CHECK(parse_csv("a\n1\n", {.target = "a"}).inputs.shape() == Shape{1, 0});
}

TEST_CASE("read_csv: several targets keep the order of the file, and ignored columns may hold anything") {
  const auto data = parse_csv("id,x,y,z\nfirst,1,2,3\n\"\",4,5,6\n", {.target = {"z", "x"}, .ignore = "id"});
  CHECK(data.inputs == Tensor<float>{{2}, {5}});
  CHECK(data.labels == Tensor<float>{{1, 3}, {4, 6}});
}

TEST_CASE("read_csv: missing values are refused, become NaN, or drop their row") {
  constexpr std::string_view text = "a,city,price\n1,Ulm,2\n,Bonn,3\n4,NA,5\n6,Ulm,\n";
  CHECK(message(text, houses) ==
        "file.csv: line 3: column \"a\": the value is missing, expected one; "
        "{.missing = MissingValues::drop_row} drops the row");
  CsvOptions options = houses;
  options.missing = MissingValues::drop_row;
  CHECK(parse_csv(text, options).inputs == Tensor<float>{{1, 0}});
  CHECK(parse_csv("city,price\nBonn,\nUlm,1\n", options).categories.at("city") ==
        std::vector<std::string>{"Ulm"});
  options.missing = MissingValues::nan;
  CHECK(message(text, options) ==
        "file.csv: line 5: column \"price\": the value is missing, expected one; "
        "{.missing = MissingValues::drop_row} drops the row");
  const auto data = parse_csv<double>(text.substr(0, text.find("6,")), options);
  CHECK(std::isnan(data.inputs(1, 0)));
  CHECK(std::isnan(data.inputs(2, 1)));
  CHECK(data.inputs(2, 0) == 4);
}

TEST_CASE("read_csv: a number can stand for a missing value") {
  const CsvOptions options{.missing = MissingValues::nan, .missing_texts = {"-999"}};
  const auto data = parse_csv("a\n1\n-999\n-999.0\n", options);
  CHECK(data.inputs(0, 0) == 1);
  CHECK(std::isnan(data.inputs(1, 0)));
  CHECK(data.inputs(2, 0) == -999);
}

TEST_CASE("read_csv: errors name the line and the column") {
  CHECK(message("") == "file.csv: the file has no rows, expected at least one");
  CHECK(message("\n\r\n") == "file.csv: the file has no rows, expected at least one");
  CHECK(message("a,b\n1,x\n") ==
        "file.csv: line 2: column \"b\": \"x\", expected a finite number; list text columns in .categorical "
        "or .ignore");
  for (const char* bad : {"1e999", "inf", "1,5", "0x10", "1 2", "--1", "+-1", "+", "1e"}) {
    CAPTURE(bad);
    CHECK(message("a;b\n1;" + std::string(bad) + "\n", {.delimiter = ';'})
              .starts_with("file.csv: line 2: column \"b\""));
  }
  CHECK(message("a,b\n\n\n1\n") == "file.csv: line 4: 1 fields, expected 2");
  CHECK(message("a,b\n1,2,\n") == "file.csv: line 2: 3 fields, expected 2");
  CHECK(message("a,b\n1,2,") == "file.csv: line 2: 3 fields, expected 2");
  CHECK(
      message("a,b\n\"1\n2\",3\n4,x\n", {.categorical = "a"}).starts_with("file.csv: line 4: column \"b\""));
  CHECK(message("a,b\n1,\"2\n") ==
        "file.csv: line 2: column 2: a quoted field is not closed, expected a quotation mark");
  CHECK(message("a,b\n1,\"2\"3\n") ==
        "file.csv: line 2: column 2: text follows the closing quotation mark, expected a delimiter or a line "
        "end");
  CHECK(message("a,b\n1,2\"\n") == "file.csv: line 2: column 2: an unquoted field contains a quotation mark");
  CHECK(message("a,a\n") == "file.csv: line 1: two columns are named \"a\"");
  CHECK(message("a,b\n", {.target = "c"}) ==
        "file.csv: line 1: no column \"c\", named in .target; the columns are \"a\", \"b\"");
  CHECK_THROWS_AS(parse_csv("a\n", {.delimiter = '"'}), ArgumentError);
  CHECK_THROWS_AS(read_csv("/no/such/file.csv"), FileError);
}

TEST_CASE("read_csv: too many columns or categories are refused") {
  CHECK(message(std::string(20'000, ',')) == "file.csv: line 1: 20001 columns, expected at most 16384");
  std::string text = "a\n";
  for (int i = 0; i < 10'001; ++i) text += "x" + std::to_string(i) + "\n";
  CHECK(message(text, {.categorical = "a"}) ==
        "file.csv: line 10002: column \"a\": has more than 10000 categories");
}

TEST_CASE("read_csv: any truncated file is either read or refused") {
  const std::string whole = "a,\"b \"\"c\"\"\",price\r\n1,\"x,\ny\",2\r\n3,\"\"\"\",4\r\n";
  const CsvOptions options{.target = "price", .categorical = "b \"c\""};
  const auto is_fine = [&](const std::string& text) {
    try {
      return parse_csv(text, options).size() <= 4;
    } catch (const FileError&) {
      return true;
    }
  };
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    CAPTURE(size);
    CHECK(is_fine(whole.substr(0, size)));
    for (const char c : {'"', ',', '\n', '\r', '\0', 'x'}) {
      std::string changed = whole;
      if (size < changed.size()) changed[size] = c;
      CHECK(is_fine(changed));
    }
  }
}

TEST_CASE("read_csv: pieces of every size give the same values and the same errors") {
  // Values, or the error's message.
  const auto describe = [](std::string_view text, std::size_t size) {
    const auto open = [&] { return detail::CsvPieces(MemorySource(std::as_bytes(std::span(text))), size); };
    const CsvOptions options{.categorical = "a", .missing = MissingValues::nan};
    std::string found;
    try {
      const auto data = detail::parse_csv<double, double>(open, options, "file.csv");
      for (const double value : data.inputs.span()) found += format_shortest(value) + " ";
      for (const std::string& name : data.feature_names) found += in_quotes(name);
      for (const auto& [name, texts] : data.categories)
        for (const std::string& category : texts) found += in_quotes(category);
    } catch (const FileError& error) {
      found = error.what();
    }
    return found;
  };
  const std::vector<std::string> parts{"\"two\r\nlines, \"\"quoted\"\"\"",
                                       "-12.0625e-3",
                                       "123456789012",
                                       "0.1234567890123456789",
                                       "\"5\"",
                                       "Ulm",
                                       "",
                                       "\"open\n",
                                       "x\"",
                                       "1\r"};
  const std::vector<std::string> ends{"\n", "\r\n", "\n\r\n\n"};
  Generator random(0);
  for (int i = 0; i < 200; ++i) {
    std::string text = i % 2 == 0 ? "\xef\xbb\xbf\"a\",b\r\n" : "\na,b\n";
    for (Index row = random.below(8); row > 0; --row) {
      // The last parts are malformed or no numbers, so they are rare.
      const auto part = [&](Index most) {
        return parts[to_size(random.below(random.below(30) == 0 ? 10 : most))];
      };
      text += part(7);
      text += "," + parts[to_size(1 + random.below(4))];
      if (random.below(40) == 0) text += ",1";
      text += ends[to_size(random.below(3))];
    }
    if (random.below(2) == 0) text.resize(text.find_last_not_of("\r\n") + 1);
    CAPTURE(text);
    const std::string whole = describe(text, text.size());
    for (std::size_t size = 1; size <= text.size(); ++size) REQUIRE(describe(text, size) == whole);
  }
}

TEST_CASE("read_csv: a file that changes between the passes is refused or read as it is") {
  const auto message_of = [](const std::vector<std::string>& passes) -> std::string {
    std::size_t pass = 0;
    const auto open = [&] {
      return detail::CsvPieces(MemorySource(std::as_bytes(std::span(passes[pass++]))));
    };
    try {
      return detail::parse_csv<float, float>(open, {}, "file.csv").inputs.shape().to_string();
    } catch (const FileError& error) {
      return error.what();
    }
  };
  CHECK(message_of({"a\n1\n2\n", "a\n1\n2\n3\n"}) == "file.csv: line 4: more rows than were counted");
  CHECK(message_of({"", "a\n1\n"}) == "file.csv: line 2: more rows than were counted");
  CHECK(message_of({"a\n1\n2\n", "a\n1\n"}) == "[1, 1]");
  CHECK(message_of({"a\n1\n2\n", ""}) == "file.csv: the file has no rows, expected at least one");
}

TEST_CASE("read_csv: a wide header with many short rows does not allocate their product") {
  std::string text;
  for (int i = 0; i < 16'000; ++i) text += (i == 0 ? "x" : ",x") + std::to_string(i);
  text += '\n';
  for (int i = 0; i < 4'000'000; ++i) text += "1\n";  // 256 GB of floats
  CHECK(message(text) == "file.csv: line 2: 1 fields, expected 16000");
}

TEST_CASE("read_csv_classes: the values of the target become the classes") {
  const test::TemporaryFolder folder("read_csv_classes");
  const auto file = folder.path / "flowers.csv";
  std::ofstream(file) << "width,kind\n1.5,rose\n2,aster\n3,rose\n";
  const auto data = read_csv_classes<double>(file, {.target = "kind"});
  CHECK(data.inputs == Tensor<double>{{1.5}, {2}, {3}});
  CHECK(data.labels == Tensor<Index>{1, 0, 1});
  CHECK(data.classes == 2);
  CHECK(data.class_names == std::vector<std::string>{"aster", "rose"});
  CHECK_THROWS_AS(read_csv_classes(file, {}), ArgumentError);
  CHECK(read_csv(file, {.categorical = {"kind"}}).inputs.shape() == Shape{3, 2});
}

TEST_CASE("read_csv: does not depend on the locale") {
  const test::CommaLocale locale;
  CHECK(parse_csv("a,b\n1.5,2\n").inputs == Tensor<float>{{1.5f, 2}});
}
