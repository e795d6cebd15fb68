// SPDX-License-Identifier: MIT

#include <string>

#include <doctest/doctest.h>

#include <gradus/io/onnx_graph.hpp>

#include "../support/onnx_bytes.hpp"
#include "../support/temporary_folder.hpp"

namespace {

using namespace gradus;
using namespace gradus::test;
const std::string where = "f.onnx";

std::string problem(const OnnxFile& file) {
  const std::string bytes = file.bytes();
  return message_of<FileError>([&] { detail::OnnxGraphParser(where, bytes).parse(); });
}

}  // namespace

TEST_CASE("OnnxGraph: holds operators, constants, inputs and outputs") {
  const std::string bytes = OnnxFile{
      .nodes = {onnx_node("Mul", {"x", "c"}, "y")},
      .constants = {onnx_tensor(
          "c", {}, {2})}}.bytes();
  const detail::OnnxGraph graph = detail::OnnxGraphParser(where, bytes).parse();
  CHECK(graph.opset == 17);
  REQUIRE(graph.nodes.size() == 1);
  CHECK(graph.nodes[0].place() == "node 0 (Mul)");
  CHECK(graph.constants.at("c").real(0) == 2);
  CHECK(graph.inputs.at(0).dims == std::vector<std::int64_t>{-1, 4});
}

TEST_CASE("OnnxGraph: refuses names that are defined twice, late or never, and therefore cycles") {
  CHECK(problem({.nodes = {onnx_node("Relu", {"x"}, "y"), onnx_node("Relu", {"x"}, "y")}}) ==
        "f.onnx: node 1 (Relu): name \"y\" is defined twice, expected once");
  CHECK(problem({.nodes = {onnx_node("Relu", {"x"}, "x")}}) ==
        "f.onnx: node 0 (Relu): name \"x\" is defined twice, expected once");
  CHECK(problem({.nodes = {onnx_node("Add", {"x", "b"}, "a"), onnx_node("Relu", {"a"}, "b")}}) ==
        "f.onnx: node 0 (Add) uses \"b\", expected a name defined before it");
  CHECK(problem({.constants = {onnx_tensor("c", {}, {2}), onnx_tensor("c", {}, {2})}}) ==
        "f.onnx: GraphProto: two constants are named \"c\", expected unique names");
}

TEST_CASE("OnnxGraph: limits operators, constants and names") {
  OnnxFile operators;
  for (int i = 0; i <= 1024; ++i) operators.nodes.push_back(onnx_node("Relu", {"x"}, std::to_string(i)));
  CHECK(problem(operators) == "f.onnx: graph has too many operators, expected at most 1024");
  OnnxFile constants;
  for (int i = 0; i <= 1024; ++i) constants.constants.push_back(onnx_tensor(std::to_string(i), {}, {1}));
  CHECK(problem(constants) == "f.onnx: graph has too many constants, expected at most 1024");
  std::string node;
  {
    protozero::pbf_writer writer(node);
    for (int i = 0; i < 5000; ++i) writer.add_string(1, "x");
    writer.add_string(2, "y");
    writer.add_string(4, "Sum");
  }
  CHECK(problem({.nodes = {node}}) == "f.onnx: graph has too many names, expected at most 4096");
}

TEST_CASE("OnnxGraph: refuses unknown versions and files without a graph") {
  CHECK(problem({.opset = 6}) == "f.onnx: ModelProto: opset is 6, expected 7 to 25");
  CHECK(problem({.opset = 26}) == "f.onnx: ModelProto: opset is 26, expected 7 to 25");
  CHECK_THROWS_WITH_AS(detail::OnnxGraphParser(where, "").parse(),
                       "f.onnx: ModelProto: message has no graph, expected one", FileError);
}
