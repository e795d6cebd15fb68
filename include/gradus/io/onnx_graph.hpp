// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/io/onnx_fields.hpp>
#include <gradus/io/onnx_tensor.hpp>

namespace gradus::detail {

/// An operator of an ONNX graph, as views into the file.
struct OnnxNode {
  std::size_t position = 0;
  std::string_view op, domain, name;
  std::vector<std::string_view> inputs, outputs;
  std::string_view message;  ///< holds the attributes, which are parsed on access

  /// Returns `node 3 "fc1" (Gemm)`; safe to print.
  std::string place() const {
    return "node " + std::to_string(position) + (name.empty() ? "" : " " + in_quotes(name)) + " (" +
           (domain.empty() || domain == "ai.onnx" ? "" : escaped(domain, longest_name) + ".") +
           escaped(op, longest_name) + ")";
  }
};

/// An input or output of a graph.
struct OnnxValue {
  std::string_view name;
  std::int64_t type = 0;
  std::vector<std::int64_t> dims;  ///< -1 for an extent that the file leaves open
  bool has_shape = false;
};

/// The parts of an ONNX file that gradus reads, as views into the file.
struct OnnxGraph {
  std::int64_t opset = 0;
  std::vector<OnnxNode> nodes;
  std::map<std::string_view, OnnxTensor> constants;
  std::vector<OnnxValue> inputs, outputs;
};

/// Limits on operators, constants and names. They bound the memory that a file can use beyond its own size
/// and far exceed the needs of any multilayer perceptron.
inline constexpr std::size_t max_onnx_nodes = 1024, max_onnx_constants = 1024, max_onnx_names = 4096;

/// A parser of a ModelProto. Checks that each name is defined once and before it is used, which rules out
/// cycles. Throws FileError.
class OnnxGraphParser {
 public:
  OnnxGraphParser(const std::string& where, std::string_view file) : where_(where), file_(file) {}

  OnnxGraph parse() {
    OnnxFields model(where_, "ModelProto", file_);
    std::string_view graph;
    bool has_graph = false;
    while (model.next()) {
      if (model.tag() == 7) {
        if (has_graph) model.fail("message has two graphs, expected one");
        has_graph = true;
        graph = model.bytes();
      } else if (model.tag() == 8) {
        take_opset(model.bytes());
      } else if (model.tag() == 25) {
        model.fail("message has functions, expected none");
      } else {
        model.skip();
      }
    }
    if (!has_graph) model.fail("message has no graph, expected one");
    if (graph_.opset < 7 || graph_.opset > 25) {
      model.fail("opset is " + std::to_string(graph_.opset) + ", expected 7 to 25");
    }
    take_graph(graph);
    remove_initializers_from_inputs();
    check_names();
    return std::move(graph_);
  }

 private:
  void take_opset(std::string_view message) {
    OnnxFields fields(where_, "OperatorSetIdProto", message);
    std::string_view domain;
    std::int64_t version = 0;
    while (fields.next()) {
      if (fields.tag() == 1) {
        domain = fields.bytes();
      } else if (fields.tag() == 2) {
        version = fields.integer();
      } else {
        fields.skip();
      }
    }
    if (!domain.empty() && domain != "ai.onnx") return;
    if (graph_.opset != 0) fields.fail("default operator set appears twice, expected once");
    graph_.opset = version;
  }

  void take_graph(std::string_view message) {
    OnnxFields fields(where_, "GraphProto", message);
    while (fields.next()) {
      switch (fields.tag()) {
        case 1:
          take_node(fields.bytes());
          break;
        case 5:
          add_constant(OnnxTensorParser(where_, fields.bytes()).parse());
          break;
        case 11:
          add_value(graph_.inputs, fields.bytes());
          break;
        case 12:
          add_value(graph_.outputs, fields.bytes());
          break;
        case 15:
          fields.fail("message has sparse constants, expected none");
        default:
          fields.skip();
      }
    }
  }

  void take_node(std::string_view message) {
    if (graph_.nodes.size() == max_onnx_nodes) too_many("operators", max_onnx_nodes);
    OnnxNode& node = graph_.nodes.emplace_back();
    node.position = graph_.nodes.size() - 1;
    node.message = message;
    OnnxFields fields(where_, "NodeProto", message);
    while (fields.next()) {
      switch (fields.tag()) {
        case 1:
          count_name();
          node.inputs.push_back(fields.bytes());
          break;
        case 2:
          count_name();
          node.outputs.push_back(fields.bytes());
          break;
        case 3:
          node.name = fields.bytes();
          break;
        case 4:
          node.op = fields.bytes();
          break;
        case 7:
          node.domain = fields.bytes();
          break;
        default:
          fields.skip();
      }
    }
    if (node.op.empty()) fields.fail(node.place() + " has no operator name, expected one");
    if (node.outputs.empty() || node.outputs[0].empty())
      fields.fail(node.place() + " has no output, expected one");
  }

  void add_constant(const OnnxTensor& tensor) {
    if (graph_.constants.size() == max_onnx_constants) too_many("constants", max_onnx_constants);
    if (!graph_.constants.emplace(tensor.name, tensor).second)
      throw FileError(where_ + ": GraphProto: two constants are named " + in_quotes(tensor.name) +
                      ", expected unique names");
  }

  void add_value(std::vector<OnnxValue>& values, std::string_view message) {
    count_name();
    OnnxValue& value = values.emplace_back();
    OnnxFields fields(where_, "ValueInfoProto", message);
    while (fields.next()) {
      if (fields.tag() == 1) {
        value.name = fields.bytes();
      } else if (fields.tag() == 2) {
        take_type(value, fields.bytes());
      } else {
        fields.skip();
      }
    }
  }

  void take_type(OnnxValue& value, std::string_view message) {
    OnnxFields fields(where_, "TypeProto", message);
    while (fields.next()) {
      if (fields.tag() != 1) fields.fail(in_quotes(value.name) + " has another type, expected a tensor");
      OnnxFields tensor(where_, "TypeProto.Tensor", fields.bytes());
      while (tensor.next()) {
        if (tensor.tag() == 1) {
          value.type = tensor.integer();
        } else if (tensor.tag() == 2) {
          take_dims(value, tensor.bytes());
        } else {
          tensor.skip();
        }
      }
    }
  }

  void take_dims(OnnxValue& value, std::string_view message) {
    value.has_shape = true;
    OnnxFields fields(where_, "TensorShapeProto", message);
    while (fields.next()) {
      if (fields.tag() != 1) {
        fields.skip();
        continue;
      }
      std::int64_t extent = -1;
      OnnxFields dim(where_, "TensorShapeProto.Dimension", fields.bytes());
      while (dim.next()) {
        if (dim.tag() == 1) {
          extent = dim.integer();
        } else {
          dim.skip();
        }
      }
      if (extent < -1) {
        fields.fail(in_quotes(value.name) + " has extent " + std::to_string(extent) +
                    ", expected at least -1");
      }
      if (value.dims.size() == 9)
        fields.fail(in_quotes(value.name) + " has at least 10 dimensions, expected at most 9");
      value.dims.push_back(extent);
    }
  }

  // Files from 2018 also list each constant as an input.
  void remove_initializers_from_inputs() {
    std::erase_if(graph_.inputs, [this](const OnnxValue& v) { return graph_.constants.contains(v.name); });
  }

  void check_names() {
    std::set<std::string_view> given;
    for (const auto& [name, tensor] : graph_.constants) given.emplace(name);
    const auto give = [&](std::string_view name, const std::string& place) {
      if (!given.emplace(name).second)
        throw FileError(where_ + ": " + place + ": name " + in_quotes(name) +
                        " is defined twice, expected once");
    };
    for (const OnnxValue& input : graph_.inputs) give(input.name, "GraphProto");
    for (const OnnxNode& node : graph_.nodes) {
      for (const std::string_view name : node.inputs) {
        if (!name.empty() && !given.contains(name)) {
          throw FileError(where_ + ": " + node.place() + " uses " + in_quotes(name) +
                          ", expected a name defined before it");
        }
      }
      for (const std::string_view name : node.outputs) {
        if (!name.empty()) give(name, node.place());
      }
    }
  }

  void count_name() {
    if (++names_ > max_onnx_names) too_many("names", max_onnx_names);
  }
  [[noreturn]] void too_many(const char* what, std::size_t most) const {
    throw FileError(where_ + ": graph has too many " + what + ", expected at most " + std::to_string(most));
  }

  const std::string& where_;
  std::string_view file_;
  OnnxGraph graph_;
  std::size_t names_ = 0;
};

}  // namespace gradus::detail
