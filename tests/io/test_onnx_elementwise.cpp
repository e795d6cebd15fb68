// SPDX-License-Identifier: MIT

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/io/onnx_elementwise.hpp>
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

/// Returns the network's output for the sample [-2, -0.5, 0.5, 2].
Tensor<float> output_of(const std::string& node, const std::vector<std::string>& constants = {}) {
  return loaded({.nodes = {node}, .constants = constants}).predict(Tensor<float>{{-2, -0.5f, 0.5f, 2}});
}

}  // namespace

TEST_CASE("OnnxElementwise: attributes become the settings of modules") {
  CHECK(output_of(onnx_node("LeakyRelu", {"x"}, "y", {onnx_real_attribute("alpha", 0.5f)})) ==
        Tensor<float>{{-1, -0.25f, 0.5f, 2}});
  CHECK(output_of(onnx_node("LeakyRelu", {"x"}, "y"))(0, 0) == doctest::Approx(-0.02f));
  CHECK(output_of(onnx_node("Elu", {"x"}, "y", {onnx_real_attribute("alpha", 2)}))(0, 0) ==
        doctest::Approx(2 * (std::exp(-2.0) - 1)));
}

TEST_CASE(
    "OnnxElementwise: the limits of Clip are operands, and a lower limit above the upper one is refused") {
  const std::vector<std::string> limits{onnx_tensor("low", {}, {-1}), onnx_tensor("high", {}, {1})};
  CHECK(output_of(onnx_node("Clip", {"x", "low", "high"}, "y"), limits) ==
        Tensor<float>{{-1, -0.5f, 0.5f, 1}});
  CHECK(output_of(onnx_node("Clip", {"x", "low"}, "y"), limits) == Tensor<float>{{-1, -0.5f, 0.5f, 2}});
  CHECK(problem({.nodes = {onnx_node("Clip", {"x", "high", "low"}, "y")}, .constants = limits}) ==
        "load_onnx: memory: node 0 (Clip) has min 1 and max -1, expected min <= max");
}
