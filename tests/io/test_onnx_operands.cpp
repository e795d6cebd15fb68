// SPDX-License-Identifier: MIT

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/io/onnx_operands.hpp>

#include "../support/onnx_bytes.hpp"

using namespace gradus;

namespace {

detail::OnnxNode clip(const std::string& message, const std::vector<std::string_view>& inputs) {
  detail::OnnxNode node;
  node.op = "Clip";
  node.inputs = inputs;
  node.message = message;
  return node;
}

}  // namespace

TEST_CASE("OnnxOperands: an omitted operand is null or an error, a computed one is an error") {
  const std::string where = "f.onnx", message = test::onnx_node("Clip", {}, "y");
  const detail::OnnxGraph graph;
  const detail::OnnxOperands operands(where, graph);
  const detail::OnnxNode node = clip(message, {"x", "", "z"});
  CHECK(operands.optional_operand(node, 1) == nullptr);
  CHECK(operands.optional_operand(node, 3) == nullptr);
  CHECK_THROWS_WITH_AS(operands.operand(node, 3),
                       "f.onnx: node 0 (Clip) has no operand 3, expected a constant", FileError);
  CHECK_THROWS_WITH_AS(operands.optional_operand(node, 2),
                       "f.onnx: node 0 (Clip) has a computed operand 2, expected a constant", FileError);
}

TEST_CASE("OnnxOperands: number falls back to the attribute, then to the default") {
  const std::string where = "f.onnx";
  const std::string with = test::onnx_node("Clip", {}, "y", {test::onnx_real_attribute("min", 2)});
  const std::string without = test::onnx_node("Clip", {}, "y");
  const detail::OnnxGraph graph;
  const detail::OnnxOperands operands(where, graph);
  CHECK(operands.number(clip(with, {"x"}), 1, "min", -1) == 2);
  CHECK(operands.number(clip(without, {"x"}), 1, "min", -1) == -1);
}
