// SPDX-License-Identifier: MIT

#include <cstdint>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include <gradus/io/safetensors_sax.hpp>

#include "../support/safetensors_bytes.hpp"

using gradus::Shape;
using gradus::detail::ExtentList;
using gradus::detail::SafetensorsSax;
using gradus::test::header_json;

namespace {

/// Returns what is wrong with a header, or an empty string. Parsing must stop exactly there.
std::string problem(const std::string& json) {
  SafetensorsSax sax;
  const bool is_whole = nlohmann::json::sax_parse(json, &sax);
  CHECK(is_whole == sax.problem.empty());
  return sax.problem;
}

}  // namespace

TEST_CASE("ExtentList: multiplies any number of extents and reports overflow") {
  ExtentList list;
  CHECK(list.product == 1);
  for (int i = 0; i < 20; ++i) list.add(4);
  CHECK(list.count == 20);
  CHECK(list.product == std::uint64_t{1} << 40);
  CHECK_FALSE(list.overflows);
  list.add(std::uint64_t{1} << 23);
  CHECK_FALSE(list.overflows);
  list.add(2);
  CHECK(list.overflows);
  list.add(0);
  CHECK(list.overflows);  // whatever follows it
  ExtentList zero;
  zero.add(0);
  zero.add(std::numeric_limits<std::uint64_t>::max());
  zero.add(std::numeric_limits<std::uint64_t>::max());
  CHECK_FALSE(zero.overflows);
  CHECK(zero.product == 0);
}

TEST_CASE("SafetensorsSax: lists entries in the order of the text, with shape and offsets") {
  SafetensorsSax sax;
  REQUIRE(nlohmann::json::sax_parse(
      R"({"b":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]},"__metadata__":{"k":"v"},)"
      R"("a":{"data_offsets":[0,8],"shape":[],"dtype":"F64"}})",
      &sax));
  REQUIRE(sax.header.entries.size() == 2);
  CHECK(sax.header.entries[0].name == "b");
  CHECK(sax.header.entries[0].shape == Shape{2, 3});
  CHECK(sax.header.entries[0].begin == 8);
  CHECK(sax.header.entries[0].end == 32);
  CHECK(sax.header.entries[1].name == "a");
  CHECK(sax.header.entries[1].dtype == "F64");
  CHECK(sax.header.entries[1].shape == Shape{});
  CHECK(sax.header.metadata.at("k") == "v");
}

TEST_CASE("SafetensorsSax: stops at the first violation of the format and names it") {
  CHECK(problem(header_json("[1]", "[0,4]")) == "");
  CHECK(problem(header_json("[2]", "[0,4]")) == R"("a" has 4 bytes, expected the size of F32 [2])");
  CHECK(problem(header_json("[1,-1]", "[0,4]")) == R"(unexpected -1 in "a")");
  CHECK(problem(header_json("[1.5]", "[0,4]")) == R"(unexpected 1.5 in "a")");
  CHECK(problem(header_json("[true]", "[0,4]")) == R"(unexpected boolean in "a")");
  CHECK(problem(header_json("null", "[0,4]")) == R"(unexpected null in "a")");
  CHECK(problem(header_json("[[1]]", "[0,4]")) == R"(unexpected array in "a")");
  CHECK(problem(header_json("[1]", "[4,0]")) ==
        R"("a" has other data_offsets, expected [begin, end] with begin <= end)");
  CHECK(problem(header_json("[1]", "[0,2,4]")) ==
        R"("a" has other data_offsets, expected [begin, end] with begin <= end)");
  CHECK(problem(header_json("[9223372036854775808]", "[0,4]")) ==
        R"("a" has extent 9223372036854775808, expected at most 9223372036854775807)");
  CHECK(problem(header_json("[1]", "[0,4]", "7")) == R"(unexpected number in "a")");
  CHECK(problem(R"({"a":7})") == "unexpected number");
  CHECK(problem(R"({"a":{"dtype":"F32"}})") == R"("a" lacks a key, expected dtype, shape and data_offsets)");
  CHECK(problem(R"({"a":{"dtype":"F32","dtype":"F32"}})") ==
        R"("dtype" of "a" appears twice, expected once)");
  CHECK(problem(R"({"__metadata__":{"k":"v","k":"w"}})") ==
        R"(metadata key "k" appears twice, expected once)");
  CHECK(problem(R"({"__metadata__":{},"__metadata__":{}})") ==
        R"(key "__metadata__" appears twice, expected once)");
  CHECK(problem("{") == "JSON is invalid at byte 2");
}
