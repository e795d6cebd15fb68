// SPDX-License-Identifier: MIT

#include <string>

#include <doctest/doctest.h>

#include <gradus/io/onnx_attributes.hpp>

#include "../support/onnx_bytes.hpp"

using namespace gradus;

TEST_CASE("OnnxAttributes: finds attributes by name, and returns the default for others") {
  const std::string where = "f.onnx";
  const std::string bytes =
      test::onnx_node("Gemm", {}, "y",
                      {test::onnx_real_attribute("alpha", 1e-5f), test::onnx_integer_attribute("transB", 1)});
  detail::OnnxNode node;
  node.message = bytes;
  const detail::OnnxAttributes attributes(where, node);
  CHECK(attributes.integer("transB", 0) == 1);
  CHECK(attributes.integer("transA", 5) == 5);
  CHECK(attributes.real("alpha", 0) == 1e-5);  // not 1e-5f, which is 9.99999975e-06
  CHECK(attributes.real("beta", 7) == 7);
  CHECK(attributes.text("mode", "none") == "none");
}
