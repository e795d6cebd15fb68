// SPDX-License-Identifier: MIT

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/io/onnx_fields.hpp>

#include "../support/temporary_folder.hpp"

namespace {

using namespace std::string_view_literals;
using gradus::FileError;
using gradus::detail::OnnxFields;
const std::string where = "f.onnx";

OnnxFields at_first(std::string_view message) {
  OnnxFields fields(where, "Test", message);
  if (!fields.next()) throw std::logic_error("the message is empty");
  return fields;
}

}  // namespace

TEST_CASE("OnnxFields: reads integers, floats, strings and repeated integers, packed or not") {
  CHECK(at_first("\x08\x96\x01"sv).integer() == 150);
  CHECK(at_first("\x0d\0\0\x80\x3f"sv).real() == 1.0f);
  CHECK(at_first("\x0a\x02hi"sv).bytes() == "hi");
  for (const std::string_view message : {"\x0a\x03\x05\x96\x01"sv, "\x08\x05"sv}) {
    std::vector<std::int64_t> numbers;
    at_first(message).integers([&](std::int64_t n) { numbers.push_back(n); });
    CHECK(numbers.front() == 5);
  }
}

TEST_CASE("OnnxFields: throws FileError for truncated data and data that are not protobuf") {
  CHECK_THROWS_AS(at_first("\x08\x96"sv).integer(), FileError);
  CHECK_THROWS_AS(at_first("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"sv).integer(), FileError);
  CHECK_THROWS_AS(at_first("\x0d\0\0"sv).real(), FileError);
  CHECK_THROWS_AS(at_first("\x0a\x05hi"sv).bytes(), FileError);
  CHECK_THROWS_AS(at_first("\x0a\x05hi"sv).skip(), FileError);
  CHECK_THROWS_AS(at_first("\x0b"sv), FileError);  // a group
  CHECK_THROWS_AS(at_first("\x00"sv), FileError);  // field 0
}

TEST_CASE("OnnxFields: an error for a wrong wire type names the message and the field") {
  CHECK(gradus::test::message_of<FileError>([] { at_first("\x08\x05"sv).bytes(); }) ==
        "f.onnx: Test: field 1 has wire type 0, expected 2");
  CHECK_THROWS_AS(at_first("\x0a\x01h"sv).integer(), FileError);
  CHECK_THROWS_AS(at_first("\x08\x05"sv).real(), FileError);
}
