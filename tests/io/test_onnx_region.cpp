// SPDX-License-Identifier: MIT

#include <cmath>
#include <string>

#include <doctest/doctest.h>

#include <gradus/io/onnx_region.hpp>

#include "../support/onnx_bytes.hpp"

namespace {

using namespace gradus;
using namespace gradus::test;
const std::string where = "f.onnx";

struct Found {
  std::size_t nodes;
  std::optional<detail::OnnxActivation> activation;
};

Found region(const OnnxFile& file) {
  const std::string bytes = file.bytes();
  const detail::OnnxGraph graph = detail::OnnxGraphParser(where, bytes).parse();
  const auto uses = detail::count_onnx_uses(graph);
  const detail::OnnxRegion found = detail::find_onnx_region(graph, uses, "x", 0);
  if (found.nodes.empty()) return {0, {}};
  return {found.nodes.size(), detail::OnnxActivationMatcher(graph, found, "x").match()};
}

}  // namespace

TEST_CASE("OnnxRegion: ends where everything that depends on a value meets again") {
  CHECK(region({.nodes = {onnx_node("Relu", {"x"}, "a"), onnx_node("Relu", {"a"}, "y")}}).nodes == 1);
  CHECK(region({.nodes = {onnx_node("Relu", {"x"}, "a"), onnx_node("Tanh", {"a"}, "b"),
                          onnx_node("Add", {"x", "b"}, "y")}})
            .nodes == 3);
  CHECK(region({.nodes = {onnx_node("Relu", {"x"}, "a"), onnx_node("Relu", {"x"}, "y")}}).nodes == 2);
}

TEST_CASE("OnnxRegion: x sigmoid(x) is recognised as SiLU, no other product with a sigmoid is") {
  const Found silu = region({.nodes = {onnx_node("Sigmoid", {"x"}, "a"), onnx_node("Mul", {"a", "x"}, "y")}});
  REQUIRE(silu.activation);
  CHECK(silu.activation->kind == detail::OnnxActivation::Kind::silu);
  const Found quick = region({.nodes = {onnx_node("Mul", {"x", "c"}, "s"), onnx_node("Sigmoid", {"s"}, "a"),
                                        onnx_node("Mul", {"a", "x"}, "y")},
                              .constants = {onnx_tensor("c", {}, {1.702f})}});
  CHECK(quick.nodes == 3);
  CHECK_FALSE(quick.activation);
}

TEST_CASE("OnnxRegion: GELU is recognised only with its exact constants") {
  for (const float root : {0.70710678f, 0.7f}) {
    const Found gelu =
        region({.nodes = {onnx_node("Mul", {"x", "r"}, "a"), onnx_node("Erf", {"a"}, "b"),
                          onnx_node("Add", {"one", "b"}, "c"), onnx_node("Mul", {"c", "x"}, "y")},
                .constants = {onnx_tensor("r", {}, {root}), onnx_tensor("one", {}, {1})}});
    CHECK(gelu.activation.has_value() == (root > 0.705f));
    if (gelu.activation) CHECK(gelu.activation->factor == 2);  // it has not been halved yet
  }
}

TEST_CASE("OnnxRegion: nested products terminate") {
  OnnxFile file;
  std::string value = "x";
  for (int i = 0; i < 15; ++i) {
    const std::string next = i == 14 ? "y" : std::to_string(i);
    file.nodes.push_back(onnx_node("Mul", {value, value}, next));
    value = next;
  }
  CHECK(region(file).nodes == 1);
}
