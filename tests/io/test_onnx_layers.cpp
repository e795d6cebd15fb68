// SPDX-License-Identifier: MIT

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/io/onnx_layers.hpp>
#include <gradus/io/onnx_reader.hpp>
#include <gradus/nn.hpp>

#include "../support/onnx_bytes.hpp"

namespace {

using namespace gradus;
using namespace gradus::test;

nn::Sequential<float> loaded(const OnnxFile& file) {
  const std::string bytes = file.bytes();
  return load_onnx(std::as_bytes(std::span(bytes)));
}

/// The network's output for x = [1, 2].
Tensor<float> output_of(const OnnxFile& file) { return loaded(file).predict(Tensor<float>{{1, 2}}); }

}  // namespace

TEST_CASE("OnnxLayers: Gemm scales weights by alpha and the bias by beta, transposed or not") {
  const std::string w = onnx_tensor("w", {2, 2}, {1, 2, 3, 4}), b = onnx_tensor("b", {2}, {10, 20});
  const auto file = [&](std::int64_t transposed) {
    return OnnxFile{.nodes = {onnx_node("Gemm", {"x", "w", "b"}, "y",
                                        {onnx_real_attribute("alpha", 2), onnx_real_attribute("beta", 0.5f),
                                         onnx_integer_attribute("transB", transposed)})},
                    .constants = {w, b},
                    .inputs = {onnx_value("x", {-1, 2})}};
  };
  CHECK(output_of(file(0)) == Tensor<float>{{2 * 7 + 5, 2 * 10 + 10}});
  CHECK(output_of(file(1)) == Tensor<float>{{2 * 5 + 5, 2 * 11 + 10}});
}

TEST_CASE("OnnxLayers: the Add after a MatMul becomes the bias of its Linear") {
  auto net = loaded({.nodes = {onnx_node("MatMul", {"x", "w"}, "a"), onnx_node("Add", {"b", "a"}, "y")},
                     .constants = {onnx_tensor("w", {2, 2}, {1, 2, 3, 4}), onnx_tensor("b", {2}, {10, 20})},
                     .inputs = {onnx_value("x", {-1, 2})}});
  CHECK(net.size() == 1);
  CHECK(net.predict(Tensor<float>{{1, 2}}) == Tensor<float>{{17, 30}});
}
