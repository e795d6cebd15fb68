// SPDX-License-Identifier: MIT

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/io/onnx_attributes.hpp>
#include <gradus/io/onnx_encoder.hpp>

using namespace gradus;

TEST_CASE("OnnxEncoder: writes operators, attributes and constants that the parser reads") {
  detail::OnnxEncoder<double> encoder;
  const std::array<double, 2> elements{1.5, -2};
  encoder.add_value(11, "in", Shape{2});
  encoder.add_constant("c", Shape{2}, elements);
  encoder.add_integers("i", std::array<std::int64_t, 3>{0, -1, 1LL << 40});
  encoder.add_flags("f", {true, false});
  encoder.add_node("Elu", {"in"}, "out", {{"alpha", 0.25}, {"axis", 0, -1, false}});
  encoder.add_value(12, "out", Shape{2});
  const std::string where = "f", bytes = encoder.finish();
  const detail::OnnxGraph graph = detail::OnnxGraphParser(where, bytes).parse();
  CHECK(graph.opset == 17);
  CHECK(graph.inputs.at(0).dims == std::vector<std::int64_t>{-1, 2});
  CHECK(graph.inputs.at(0).type == 11);
  CHECK(graph.constants.at("c").real(1) == -2);
  CHECK(graph.constants.at("i").integers(where) == std::vector<Index>{0, -1, 1LL << 40});
  CHECK(graph.constants.at("f").shape == Shape{2});
  CHECK(graph.constants.at("f").flags(where) == std::vector<bool>{true, false});
  const detail::OnnxAttributes attributes(where, graph.nodes.at(0));
  CHECK(attributes.real("alpha", 1) == 0.25);
  CHECK(attributes.integer("axis", 0) == -1);
}
