// SPDX-License-Identifier: MIT

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/io/safetensors_header.hpp>

#include "../support/safetensors_bytes.hpp"

namespace {

using namespace gradus;
using gradus::test::header_json;
using gradus::test::message_of;
using gradus::test::tensor_json;
using namespace std::string_literals;

/// Returns what is wrong with a header, or an empty string.
std::string problem(const std::string& json, std::uint64_t data_size) {
  const std::string text = message_of<FileError>([&] { parse_safetensors_header("x", json, data_size); });
  return text.starts_with("x: ") ? text.substr(3) : text;
}

struct Case {
  std::string json;
  std::uint64_t data;
  std::string expected;
};

}  // namespace

TEST_CASE("parse_safetensors_header: accepts well-formed headers") {
  const std::string longer = "{" + tensor_json("b", "\"F32\"", "[2]", "[4,12]") + "," +
                             tensor_json("a", "\"I16\"", "[1,2]", "[0,4]") +
                             R"(,"__metadata__":{"k":"v","":""}}   )";
  const SafetensorsHeader header = parse_safetensors_header("x", longer, 12);
  REQUIRE(header.entries.size() == 2);
  CHECK(header.entries[0].name == "a");  // in the order of the data
  CHECK(header.entries[0].description() == "I16 [1, 2]");
  CHECK(header.metadata == std::map<std::string, std::string>{{"k", "v"}, {"", ""}});
  CHECK(header.find("b") == &header.entries[1]);
  CHECK(header.find("c") == nullptr);
  CHECK(header.find("") == nullptr);
  CHECK(problem("{}", 0) == "");
  CHECK(problem("{}      ", 0) == "");
  CHECK(problem("{\n\t\"a\" : {\"dtype\":\"F32\",\r\"shape\":[],\"data_offsets\":[0,4]}\n}", 4) == "");
  CHECK(problem(header_json("[0]", "[0,0]"), 0) == "");
  CHECK(problem(header_json("[9223372036854775807,0]", "[0,0]"), 0) == "");
}

TEST_CASE("parse_safetensors_header: anything before or after the JSON object is refused") {
  const std::string object = header_json("[1]", "[0,4]");
  const Case cases[] = {
      {"", 0, R"(header: JSON begins with "", expected "{")"},
      {"[]", 0, R"(header: JSON begins with "[", expected "{")"},
      {"7", 0, R"(header: JSON begins with "7", expected "{")"},
      {" " + object, 4, R"(header: JSON begins with " ", expected "{")"},
      {"\n" + object, 4, R"(header: JSON begins with "\n", expected "{")"},
      {"\xef\xbb\xbf" + object, 4, R"(header: JSON begins with "\xef", expected "{")"},
      {"\0"s + object, 4, R"(header: JSON begins with "\x00", expected "{")"},
      {object + "\0"s, 4, "header: JSON has a NUL at byte 55, expected none"},
      {object + "\0, and more"s, 4, "header: JSON has a NUL at byte 55, expected none"},
      {object + "  \0 "s, 4, "header: JSON has a NUL at byte 57, expected none"},
      {object.substr(0, 20) + "\0"s + object.substr(20), 4,
       "header: JSON has a NUL at byte 21, expected none"},
      {object + "\n", 4, R"(header: JSON is followed by "\n" at byte 55, expected only spaces)"},
      {object + " \t ", 4, R"(header: JSON is followed by "\t" at byte 56, expected only spaces)"},
      {object + "\r", 4, R"(header: JSON is followed by "\r" at byte 55, expected only spaces)"},
      {object + object, 4, "header: JSON is invalid at byte 55"},
      {object + "}", 4, "header: JSON is invalid at byte 55"},
      {object + " x", 4, "header: JSON is invalid at byte 56"},
      {object + " // a comment", 4, "header: JSON is invalid at byte 56"},
      {object + "\xff", 4, "header: JSON is invalid at byte 55"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.json);
    CHECK(problem(c.json, c.data) == c.expected);
  }
}

TEST_CASE("parse_safetensors_header: every malformed header gives one error type that says what is wrong") {
  const Case cases[] = {
      {"{", 0, "header: JSON is invalid at byte 2"},
      {"{} x", 0, "header: JSON is invalid at byte 4"},
      {"{\"\xff\":{}}", 0, "header: JSON is invalid at byte 3"},
      {R"({"\ud800":{}})", 0, "header: JSON is invalid at byte 9"},
      {R"({"a":1})", 0, "header: unexpected number"},
      {R"({"a":{}})", 0, "header: \"a\" lacks a key, expected dtype, shape and data_offsets"},
      {R"({"a":{"dtype":"F32","shape":[1]}})", 4,
       "header: \"a\" lacks a key, expected dtype, shape and data_offsets"},
      {header_json("[1]", "[0,4]", "4"), 4, "header: unexpected number in \"a\""},
      {header_json("[-1]", "[0,4]"), 4, "header: unexpected -1 in \"a\""},
      {header_json("[1.5]", "[0,4]"), 4, "header: unexpected 1.5 in \"a\""},
      {header_json("[1e0]", "[0,4]"), 4, "header: unexpected 1e0 in \"a\""},
      {header_json("[18446744073709551616]", "[0,4]"), 4, "header: unexpected 18446744073709551616 in \"a\""},
      {header_json("[18446744073709551615]", "[0,4]"), 4,
       "header: \"a\" has extent 18446744073709551615, expected at most 9223372036854775807"},
      {header_json("[4294967296,4294967296]", "[0,4]"), 4,
       "header: \"a\": Shape: [4294967296, 4294967296]: the number of elements overflows"},
      {header_json("[4294967296,4294967296,1,1,1,1,1,1,1]", "[0,4]"), 4,
       "header: \"a\" has too many elements, expected fewer than 2^64"},
      {header_json("[4611686018427387905]", "[0,4]"), 4,
       "header: \"a\" has 4 bytes, expected the size of F32 [4611686018427387905]"},
      {header_json("[1,1,1,1,1,1,1,1,2]", "[0,4]"), 4,
       "header: \"a\" has 4 bytes, expected the size of F32 of rank 9"},
      {header_json("[[1]]", "[0,4]"), 4, "header: unexpected array in \"a\""},
      {header_json("[true]", "[0,4]"), 4, "header: unexpected boolean in \"a\""},
      {header_json("[null]", "[0,4]"), 4, "header: unexpected null in \"a\""},
      {header_json("{}", "[0,4]"), 4, "header: unexpected object in \"a\""},
      {header_json("[1]", "[4,0]"), 4,
       "header: \"a\" has other data_offsets, expected [begin, end] with begin <= end"},
      {header_json("[1]", "[0]"), 4,
       "header: \"a\" has other data_offsets, expected [begin, end] with begin <= end"},
      {header_json("[1]", "[0,4,4]"), 4,
       "header: \"a\" has other data_offsets, expected [begin, end] with begin <= end"},
      {header_json("[1]", "[0,5]"), 5, "header: \"a\" has 5 bytes, expected the size of F32 [1]"},
      {header_json("[2]", "[0,4]"), 4, "header: \"a\" has 4 bytes, expected the size of F32 [2]"},
      {header_json("[1]", "[4,8]"), 8, "\"a\" begins at byte 4 of the data, expected 0"},
      {header_json("[1]", "[0,4]"), 3, "data have 3 bytes, expected 4 for the tensors"},
      {header_json("[1]", "[0,4]"), 5, "data have 5 bytes, expected 4 for the tensors"},
      {header_json("[1]", "[0,18446744073709551612]"), 4,
       "header: \"a\" has 18446744073709551612 bytes, expected the size of F32 [1]"},
      {header_json("[3]", "[0,2]", "\"F4\""), 2, "header: \"a\" has 2 bytes, expected the size of F4 [3]"},
      {header_json("[4]", "[0,4]", "\"F6_E2M3\""), 4,
       "header: \"a\" has 4 bytes, expected the size of F6_E2M3 [4]"},
      {header_json("[1]", "[0,4]", "\"C64\""), 4, "header: \"a\" has 4 bytes, expected the size of C64 [1]"},
      {"{" + tensor_json("a", "\"F32\"", "[1]", "[0,4]") + "," + tensor_json("a", "\"F32\"", "[1]", "[4,8]") +
           "}",
       8, "header: key \"a\" appears twice, expected once"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"shape":[1]}})", 4,
       "header: \"shape\" of \"a\" appears twice, expected once"},
      {"{" + tensor_json("a", "\"F32\"", "[2]", "[0,8]") + "," +
           tensor_json("b", "\"F32\"", "[2]", "[4,12]") + "}",
       12, "\"b\" begins at byte 4 of the data, expected 8"},
      {"{" + tensor_json("a", "\"F32\"", "[1]", "[0,4]") + "," +
           tensor_json("b", "\"F32\"", "[1]", "[8,12]") + "}",
       12, "\"b\" begins at byte 8 of the data, expected 4"},
      {R"({"__metadata__":{"x":1}})", 0, "header: unexpected number"},
      {R"({"__metadata__":{"x":"1","x":"2"}})", 0, "header: metadata key \"x\" appears twice, expected once"},
      {R"({"__metadata__":{},"__metadata__":{}})", 0,
       "header: key \"__metadata__\" appears twice, expected once"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.json);
    CHECK(problem(c.json, c.data) == c.expected);
  }
  CHECK(problem("{\"a\":" + std::string(1'000'000, '['), 0) == "header: unexpected array");
  CHECK(problem(header_json(std::string(1'000'000, '['), "[0,4]"), 4) == "header: unexpected array in \"a\"");
}

TEST_CASE("parse_safetensors_header: dtypes and ranks that gradus cannot read are accepted in the header") {
  const std::string nine = "[1,1,1,1,1,1,1,1,1]";
  for (const auto& [dtype, shape, bytes] : {std::tuple{"C64", "[2]", 16},
                                            {"F8_E8M0", "[3]", 3},
                                            {"F4", "[4]", 2},
                                            {"F6_E3M2", "[4]", 3},
                                            {"F31", "[7]", 5},
                                            {"", "[1]", 0},
                                            {"BF16", "[2]", 4}}) {
    const std::string offsets = "[0," + std::to_string(bytes) + "]";
    CHECK(problem(header_json(shape, offsets, "\"" + std::string(dtype) + "\""),
                  static_cast<std::uint64_t>(bytes)) == "");
  }
  const SafetensorsHeader header = parse_safetensors_header("x", header_json(nine, "[0,4]"), 4);
  CHECK(header.entries[0].rank == 9);
  CHECK_FALSE(header.entries[0].has_shape());
  CHECK(header.entries[0].description() == "F32 of rank 9");
  std::string many = "[1";
  for (int i = 0; i < 99'999; ++i) many += ",1";
  CHECK(parse_safetensors_header("x", header_json(many + "]", "[0,4]"), 4).entries[0].rank == 100'000);
}

TEST_CASE("parse_safetensors_header: messages contain no control characters and no long names") {
  const std::string evil = R"(\u001b[31m\n\u0000\u009b)";
  const std::string shown = R"("\x1b[31m\n\x00\u009b")";
  CHECK(problem("{" + tensor_json(evil, "\"F32\"", "[1]", "[4,8]") + "}", 8) ==
        shown + " begins at byte 4 of the data, expected 0");
  CHECK(problem("{" + tensor_json(evil, "\"F32\"", "[2]", "[0,4]") + "}", 8) ==
        "header: " + shown + " has 4 bytes, expected the size of F32 [2]");
  CHECK(problem(R"({"__metadata__":{")" + evil + R"(":"1",")" + evil + R"(":"2"}})", 0) ==
        "header: metadata key " + shown + " appears twice, expected once");
  const std::string twice = tensor_json(std::string(1'000'000, 'x'), "\"F32\"", "[0]", "[0,0]");
  CHECK(problem("{" + twice + "," + twice + "}", 0).size() < 300);
  CHECK(problem(header_json("[" + std::string(100'000, '9') + "]", "[0,4]"), 4).size() < 300);
  CHECK(parse_safetensors_header("x", header_json("[1]", "[0,1]", R"("\u001b[2J")"), 1)
            .entries[0]
            .description() == "\\x1b[2J [1]");
}

TEST_CASE("parse_safetensors_header: uses memory in proportion to the header's length") {
  std::string json = "{";
  for (int i = 0; i < 100'000; ++i) {
    json += (i == 0 ? "" : ",") + tensor_json(std::to_string(i), "\"U8\"", "[0]", "[0,0]");
  }
  json += "}";
  const SafetensorsHeader header = parse_safetensors_header("x", json, 0);
  CHECK(header.entries.size() == 100'000);
  CHECK(header.entries.capacity() * sizeof(SafetensorsEntry) < 4 * json.size());
  CHECK(header.find("99999")->name == "99999");
  // text that resembles many entries
  const std::string word = "\\\"data_offsets\\\"";
  std::string names;
  for (int i = 0; i < 10'000; ++i) names += word;
  const std::string liar = R"({"__metadata__":{"k":")" + names + "\"}}";
  CHECK(parse_safetensors_header("x", liar, 0).entries.capacity() * sizeof(SafetensorsEntry) <
        4 * liar.size());
}

TEST_CASE("parse_safetensors_header: any modified header is either read or refused with one kind of error") {
  const std::string whole =
      "{" + tensor_json("a", "\"F32\"", "[2]", "[0,8]") + R"(,"__metadata__":{"k":"v"}} )";
  Generator random{1};
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string json = whole;
    const auto at = [&] { return static_cast<std::size_t>(random.below(static_cast<Index>(json.size()))); };
    for (Index change = random.below(3); change >= 0; --change) {
      if (random.below(4) == 0) json.erase(at(), 1 + at() % 4);
      if (json.empty()) break;
      json[at()] = static_cast<char>(random.below(256));
    }
    if (!problem(json, 8).empty()) ++refused;
  }
  CHECK(refused > 15'000);
}
