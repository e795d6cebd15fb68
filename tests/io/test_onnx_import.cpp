// SPDX-License-Identifier: MIT

#include <cstddef>
#include <span>
#include <string>

#include <doctest/doctest.h>

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
/// Returns a file with one operator on x and a weight [4, 4].
OnnxFile one(const std::string& node) {
  return {.nodes = {node},
          .constants = {onnx_tensor("w", {4, 4}, std::vector<float>(16, 1)),
                        onnx_tensor("v", {4}, {1, 2, 3, 4})}};
}

}  // namespace

TEST_CASE("OnnxImporter: refuses graphs that are not a chain") {
  CHECK(problem({.nodes = {onnx_node("Relu", {"x"}, "a"), onnx_node("Tanh", {"x"}, "y")}}) ==
        "load_onnx: memory: operators are not a known pattern, expected SiLU or GELU: node 0 (Relu), node 1 "
        "(Tanh)");
  CHECK(problem({.nodes = {onnx_node("Relu", {"x"}, "a"), onnx_node("Add", {"x", "a"}, "y")}}) ==
        "load_onnx: memory: operators are not a known pattern, expected SiLU or GELU: node 0 (Relu), node 1 "
        "(Add)");
  CHECK(problem({.nodes = {onnx_node("Relu", {"x"}, "a")}}) ==
        "load_onnx: memory: \"a\" is not used, expected an operator that uses it");
  CHECK(
      problem({.nodes = {onnx_node("Relu", {"x"}, "y"), onnx_node("Relu", {"c"}, "b")},
               .constants = {onnx_tensor("c", {}, {1})}}) ==
      "load_onnx: memory: graph has operators outside the chain from the input to the output, expected none");
  CHECK(problem({.nodes = {onnx_node("Add", {"x", "x"}, "y")}}) ==
        "load_onnx: memory: node 0 (Add) uses its input twice, expected once");
  OnnxFile late{.nodes = {onnx_node("Sigmoid", {"x"}, "0")}};
  for (int i = 0; i < 20; ++i)
    late.nodes.push_back(onnx_node("Relu", {std::to_string(i)}, std::to_string(i + 1)));
  late.nodes.push_back(onnx_node("Mul", {"x", "20"}, "y"));
  CHECK(problem(late) ==
        "load_onnx: memory: \"x\" is used by node 0 (Sigmoid), node 21 (Mul), expected results that meet "
        "again");
  OnnxFile two = one(onnx_node("Relu", {"x"}, "y"));
  two.inputs.push_back(onnx_value("z", {-1, 4}));
  CHECK(problem(two) == "load_onnx: memory: graph has 2 inputs and 1 outputs, expected one of each");
}

TEST_CASE("OnnxImporter: refuses inputs without fixed extents, and extents that overflow") {
  for (const auto& input :
       {onnx_value("x", {4}), onnx_value("x", {-1, -1}), onnx_value("x", {-1, 0}),
        onnx_value("x", {-1, 1LL << 40, 1LL << 40}), onnx_value("x", {1, 1, 1, 1, 1, 1, 1, 1, 1, 1})}) {
    CHECK(problem({.nodes = {onnx_node("Relu", {"x"}, "y")}, .inputs = {input}})
              .starts_with("load_onnx: memory: "));
  }
}

TEST_CASE("OnnxImporter: refuses mismatched constants and attributes") {
  for (const std::string& node :
       {onnx_node("Gemm", {"x", "v"}, "y"), onnx_node("Gemm", {"x"}, "y"),
        onnx_node("Gemm", {"x", "w", "w"}, "y"), onnx_node("Gemm", {"w", "x"}, "y"),
        onnx_node("Gemm", {"x", "w"}, "y", {onnx_integer_attribute("transA", 1)}),
        onnx_node("MatMul", {"x", "v"}, "y"), onnx_node("BatchNormalization", {"x", "v", "v", "v", "w"}, "y"),
        onnx_node("BatchNormalization", {"x", "v", "v", "v", "v"}, "y",
                  {onnx_integer_attribute("training_mode", 1)}),
        onnx_node("LayerNormalization", {"x", "w"}, "y"),
        onnx_node("Softmax", {"x"}, "y", {onnx_integer_attribute("axis", 0)}),
        onnx_node("Add", {"x", "w"}, "y"), onnx_node("Div", {"v", "x"}, "y"),
        onnx_node("Reshape", {"x", "v"}, "y"), onnx_node("Clip", {"x", "v"}, "y"),
        onnx_node("Dropout", {"x", "", "v"}, "y"), onnx_node("Erf", {"x"}, "y"),
        onnx_node("Flatten", {"x"}, "y", {onnx_integer_attribute("axis", 0)}),
        onnx_node("Cast", {"x"}, "y", {onnx_integer_attribute("to", 10)})}) {
    CHECK(problem(one(node)).starts_with("load_onnx: memory: node 0 ("));
  }
}

TEST_CASE("OnnxImporter: refuses a network that is much larger than the file") {
  OnnxFile shared{.constants = {onnx_tensor("w", {100, 100}, std::vector<float>(10000, 1))}};
  shared.inputs = {onnx_value("x", {-1, 100})};
  std::string value = "x";
  for (int i = 0; i < 100; ++i) {
    const std::string next = i == 99 ? "y" : std::to_string(i);
    shared.nodes.push_back(onnx_node("Gemm", {value, "w"}, next));
    value = next;
  }
  CHECK(problem(shared).find("much larger than the file") != std::string::npos);
  // A constant for each of a thousand million features.
  CHECK(problem({.nodes = {onnx_node("Add", {"x", "c"}, "y")},
                 .constants = {onnx_tensor("c", {}, {1})},
                 .inputs = {onnx_value("x", {-1, 1000000000})}})
            .find("much larger than the file") != std::string::npos);
  CHECK(problem({.nodes = {onnx_node("Add", {"x", "c"}, "y")},
                 .constants = {onnx_tensor("c", {2, 1}, {1, 2})},
                 .inputs = {onnx_value("x", {-1, 2, 500000000})}})
            .find("much larger than the file") != std::string::npos);
}

TEST_CASE("OnnxImporter: integers must be cast before arithmetic") {
  OnnxFile file{.nodes = {onnx_node("Div", {"x", "c"}, "y")},
                .constants = {onnx_tensor("c", {}, {255})},
                .inputs = {onnx_value("x", {-1, 4}, 2)}};
  CHECK(problem(file) == "load_onnx: memory: node 0 (Div) computes with integers, expected a Cast before it");
  file.nodes = {onnx_node("Cast", {"x"}, "a", {onnx_integer_attribute("to", 1)}),
                onnx_node("Div", {"a", "c"}, "y")};
  CHECK(loaded(file).predict(Tensor<float>{{255, 0, 0, 51}})(0, 3) == doctest::Approx(0.2));
}
