// SPDX-License-Identifier: MIT

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/io/onnx_operators.hpp>
#include <gradus/io/onnx_reader.hpp>
#include <gradus/nn.hpp>

#include "../support/onnx_bytes.hpp"
#include "../support/temporary_folder.hpp"

namespace {

using namespace gradus;
using namespace gradus::test;

nn::Sequential<float> loaded(const OnnxFile& file) {
  const std::string bytes = file.bytes();
  return load_onnx(std::as_bytes(std::span(bytes)));
}
std::string problem(const OnnxFile& file) {
  return message_of<FileError>([&] { loaded(file); });
}

}  // namespace

TEST_CASE("refuse_unknown_onnx_operators: lists at most 20 unknown operators with their positions") {
  CHECK(problem({.nodes = {onnx_node("Relu", {"x"}, "a"), onnx_node("Conv", {"a", "v"}, "b"),
                           onnx_node("LSTM", {"b"}, "y")},
                 .constants = {onnx_tensor("v", {}, {1})}}) ==
        "load_onnx: memory: graph has unsupported operators, expected none: node 1 (Conv), node 2 (LSTM)");
  OnnxFile many;
  for (int i = 0; i < 30; ++i) many.nodes.push_back(onnx_node("Conv", {"x"}, "y" + std::to_string(i)));
  CHECK(problem(many).ends_with("node 19 (Conv) and 10 more"));
}
