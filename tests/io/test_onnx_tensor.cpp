// SPDX-License-Identifier: MIT

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/io/onnx_tensor.hpp>

#include "../support/onnx_bytes.hpp"
#include "../support/temporary_folder.hpp"

namespace {

using namespace gradus;
using detail::OnnxTensor;
using test::message_of;
const std::string where = "f.onnx";

OnnxTensor parsed(const std::string& bytes) { return detail::OnnxTensorParser(where, bytes).parse(); }

/// Returns a TensorProto with these fields as varints and one field of bytes.
std::string tensor(std::vector<std::pair<std::uint32_t, std::int64_t>> fields, std::uint32_t tag = 0,
                   const std::string& data = "") {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  for (const auto& [field, value] : fields) writer.add_int64(field, value);
  if (tag != 0) writer.add_bytes(tag, data);
  return bytes;
}

}  // namespace

TEST_CASE("OnnxTensor: reads floats, doubles and integers") {
  const std::string floats = test::onnx_tensor("w", {2, 2}, {1, 2, 3, 4.5f});
  const OnnxTensor w = parsed(floats);
  CHECK(w.name == "w");
  CHECK(w.shape == Shape{2, 2});
  CHECK(w.real(3) == 4.5);
  std::array<float, 4> copy{};
  w.copy_to<float>(copy);
  CHECK(copy == std::array<float, 4>{1, 2, 3, 4.5f});
  const std::string integers = test::onnx_integers("shape", {0, -1});
  CHECK(parsed(integers).integers(where) == std::vector<Index>{0, -1});
  CHECK_THROWS_AS(w.integers(where), FileError);
}

TEST_CASE("OnnxTensor: reads booleans stored as bytes or as integers") {
  const std::vector<bool> expected{true, false, true};
  const std::string bytes = test::onnx_flags("f", std::string("\1\0\2", 3));
  CHECK(parsed(bytes).flags(where) == expected);
  const std::string integers = tensor({{1, 3}, {2, 9}}, 5, std::string("\1\0\x81\1", 4));
  CHECK(parsed(integers).flags(where) == expected);
  CHECK_THROWS_AS(parsed(tensor({{1, 3}, {2, 9}}, 5, std::string("\1\0", 2))), FileError);
  CHECK_THROWS_AS(parsed(tensor({{1, 3}, {2, 9}}, 9, std::string("\1\0", 2))), FileError);
  CHECK_THROWS_AS(parsed(tensor({{1, 1}, {2, 9}}, 7, "\1")), FileError);  // 64-bit integers
  CHECK_THROWS_AS(parsed(tensor({{1, 1}, {2, 1}}, 5, "\1")), FileError);  // 32-bit integers for floats
  const std::string floats = test::onnx_tensor("w", {1}, {1});
  CHECK(message_of<FileError>([&] { parsed(floats).flags(where); }) ==
        "f.onnx: \"w\" has type 1, expected 9 (bool)");
}

TEST_CASE("OnnxTensor: reads no more integers than the limit") {
  const std::string bytes = test::onnx_integers("i", std::vector<std::int64_t>(17, 5));
  CHECK_THROWS_AS(parsed(bytes).integers(where), FileError);
  CHECK(parsed(bytes).integers(where, 17) == std::vector<Index>(17, 5));
}

TEST_CASE("OnnxTensor: refuses sizes that do not match the elements") {
  CHECK(message_of<FileError>([] {
          parsed(test::onnx_tensor("w", {2, 3}, {1, 2}));
        }) == "f.onnx: TensorProto: \"w\" has 2 elements, expected 6 for shape [2, 3]");
  CHECK_THROWS_AS(parsed(tensor({{1, 2}, {2, 1}}, 9, "1234567")), FileError);  // ends inside an element
  CHECK_THROWS_AS(parsed(test::onnx_tensor("w", {1LL << 40, 1LL << 40}, {})), FileError);
  CHECK_THROWS_AS(parsed(test::onnx_tensor("w", {-1}, {})), FileError);
  CHECK_THROWS_AS(parsed(test::onnx_tensor("w", {1, 1, 1, 1, 1, 1, 1, 1, 1}, {1})), FileError);
  CHECK_THROWS_AS(parsed(tensor({{1, 1}, {2, 1}}, 10, "12345678")),
                  FileError);  // doubles in a tensor of floats
}

TEST_CASE("OnnxTensor: refuses external data, segments and duplicate elements") {
  CHECK(message_of<FileError>([] {
          parsed(tensor({{2, 1}, {14, 1}}));
        }) == "f.onnx: TensorProto: \"\" stores its elements in another file, expected them in this one");
  CHECK_THROWS_AS(parsed(tensor({{2, 1}}, 13, "")), FileError);
  CHECK_THROWS_AS(parsed(tensor({{2, 1}}, 3, "")), FileError);
  CHECK_THROWS_AS(parsed(tensor({{1, 1}, {2, 1}}, 9, "1234") + tensor({}, 9, "1234")), FileError);
}
