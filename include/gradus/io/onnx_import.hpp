// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/io/onnx_attributes.hpp>
#include <gradus/io/onnx_builder.hpp>
#include <gradus/io/onnx_elementwise.hpp>
#include <gradus/io/onnx_graph.hpp>
#include <gradus/io/onnx_layers.hpp>
#include <gradus/io/onnx_one_hot.hpp>
#include <gradus/io/onnx_operands.hpp>
#include <gradus/io/onnx_operators.hpp>
#include <gradus/io/onnx_region.hpp>
#include <gradus/io/onnx_scaling.hpp>
#include <gradus/io/onnx_tensor.hpp>
#include <gradus/nn.hpp>

namespace gradus::detail {

/// A converter of a graph to a network, operator by operator from the input to the output. Throws FileError.
template <class Scalar>
class OnnxImporter {
 public:
  OnnxImporter(const std::string& where, std::size_t file_size, OnnxGraph graph)
      : where_(where),
        graph_(std::move(graph)),
        operands_(where, graph_),
        builder_(where, file_size, checked_sample()),
        layers_(graph_, operands_, builder_),
        elementwise_(graph_.opset, operands_, builder_),
        one_hot_(operands_, builder_) {}
  OnnxImporter(const OnnxImporter&) = delete;
  OnnxImporter& operator=(const OnnxImporter&) = delete;

  nn::Sequential<Scalar> import() {
    refuse_unknown_onnx_operators(where_, graph_);
    take_constant_nodes();
    const auto uses = count_onnx_uses(graph_);
    std::string_view value = graph_.inputs[0].name;
    const std::string_view output = graph_.outputs[0].name;
    std::size_t visited = 0, first = 0;
    while (value != output) {
      const OnnxRegion region = find_onnx_region(graph_, uses, value, first);
      if (region.nodes.empty()) throw_no_region(value);
      take(region, value);
      visited += region.nodes.size();
      first = region.nodes.back()->position + 1;
      value = region.output();
    }
    one_hot_.require_closed();
    // The output must have no other use, and all operators must be part of the chain.
    if (uses.at(output) != 1 || visited + constant_nodes_.size() != graph_.nodes.size()) throw_not_a_chain();
    if (builder_.is_flattened() && builder_.sample().rank() != 1) {
      throw FileError(where_ + ": output has shape " + builder_.sample().prepend(1).to_string() +
                      " after a constant per element, expected [N, features]");
    }
    return builder_.finish();
  }

 private:
  using Numbers = OnnxScaling::Numbers;

  Shape checked_sample() {
    if (graph_.inputs.size() != 1 || graph_.outputs.size() != 1) {
      throw FileError(where_ + ": graph has " + std::to_string(graph_.inputs.size()) + " inputs and " +
                      std::to_string(graph_.outputs.size()) + " outputs, expected one of each");
    }
    const OnnxValue& input = graph_.inputs[0];
    is_integral_ = input.type != static_cast<std::int64_t>(OnnxType::float32) &&
                   input.type != static_cast<std::int64_t>(OnnxType::float64);
    if (input.dims.size() < 2 ||
        std::any_of(input.dims.begin() + 1, input.dims.end(), [](auto n) { return n < 1; })) {
      throw FileError(where_ + ": input " + in_quotes(input.name) +
                      " has too few axes or an open extent, expected [N, ...] with fixed extents after N");
    }
    std::vector<Index> extents(input.dims.begin() + 1, input.dims.end());
    try {
      const Shape sample{std::span<const Index>(extents)};
      static_cast<void>(sample.prepend(1));
      return sample;
    } catch (const ShapeError& error) {
      throw FileError(where_ + ": input " + in_quotes(input.name) + ": " + error.what());
    }
  }

  // Takes Constant, and Identity of a constant, which PyTorch writes for parameters with equal values.
  void take_constant_nodes() {
    for (const OnnxNode& node : graph_.nodes) {
      OnnxTensor tensor;
      if (node.op == "Constant") {
        if (!OnnxAttributes(where_, node).tensor("value", tensor))
          operands_.fail(node, "has no value tensor, expected one");
      } else if (node.op == "Identity" && node.inputs.size() == 1 &&
                 graph_.constants.contains(node.inputs[0])) {
        tensor = graph_.constants.at(node.inputs[0]);
      } else {
        continue;
      }
      tensor.name = node.outputs[0];
      graph_.constants.insert_or_assign(tensor.name, tensor);
      constant_nodes_.insert(node.position);
    }
  }

  [[noreturn]] void throw_no_region(std::string_view value) const {
    std::string users;
    for (const OnnxNode& node : graph_.nodes) {
      if (std::ranges::find(node.inputs, value) != node.inputs.end() && users.size() < 300)
        users += (users.empty() ? "" : ", ") + node.place();
    }
    throw FileError(where_ + ": " + in_quotes(value) +
                    (users.empty() ? " is not used, expected an operator that uses it"
                                   : " is used by " + users + ", expected results that meet again"));
  }
  [[noreturn]] void throw_not_a_chain() const {
    throw FileError(where_ +
                    ": graph has operators outside the chain from the input to the output, expected none");
  }

  void take(const OnnxRegion& region, std::string_view value) {
    const OnnxNode& node = *region.nodes[0];
    if (layers_.is_bias(node)) return;
    for (const OnnxNode* each : region.nodes) {
      if (is_integral_ && each->op != "Cast" && each->op != "Identity" && each->op != "Flatten" &&
          each->op != "Reshape")
        operands_.fail(*each, "computes with integers, expected a Cast before it");
    }
    if (one_hot_.is_open()) return one_hot_.take_rest(region, value);
    if (region.nodes.size() > 1) return take_activation(region, value);
    if (std::ranges::count(node.inputs, value) != 1)
      operands_.fail(node, "uses its input twice, expected once");
    if (node.inputs[0] != value && node.op != "Add" && node.op != "Mul" && node.op != "Sub")
      operands_.fail(node, "has a computed operand, expected a constant");
    if (!take_shape_change(node) && !take_arithmetic(node, value) && !layers_.take(node) &&
        !one_hot_.take_gather(node) && !elementwise_.take(node))
      operands_.fail(node, "is not part of a known pattern, expected SiLU, GELU or OneHot");
  }

  void take_activation(const OnnxRegion& region, std::string_view value) {
    const auto activation = OnnxActivationMatcher(graph_, region, value).match();
    if (!activation) {
      std::string list;
      for (const OnnxNode* node : region.nodes) list += (list.empty() ? "" : ", ") + node->place();
      throw FileError(where_ + ": operators are not a known pattern, expected SiLU or GELU: " + list);
    }
    using Kind = OnnxActivation::Kind;
    if (activation->kind == Kind::silu) builder_.push(nn::SiLU<Scalar>{});
    if (activation->kind == Kind::gelu) builder_.push(nn::GELU<Scalar>{});
    if (activation->kind == Kind::gelu_tanh) builder_.push(nn::GELU<Scalar>{nn::GELUForm::tanh});
    builder_.scaling().multiply({activation->factor});
  }

  bool take_shape_change(const OnnxNode& node) {
    if (node.op == "Identity") return true;
    if (node.op == "Cast") {
      const std::int64_t to = operands_.attributes(node).integer("to", 0);
      if (to != static_cast<std::int64_t>(OnnxType::float32) &&
          to != static_cast<std::int64_t>(OnnxType::float64))
        operands_.fail(node, "casts to type " + std::to_string(to) + ", expected 1 (float) or 11 (double)");
      is_integral_ = false;
      return true;
    }
    const Shape& sample = builder_.sample();
    if (node.op == "Flatten") {
      const std::int64_t axis = operands_.attributes(node).integer("axis", 1);
      if (axis != 1 && axis != -sample.rank())
        operands_.fail(node, "flattens from axis " + std::to_string(axis) + ", expected axis 1");
    } else if (node.op == "Reshape") {
      check_reshape(node);
    } else {
      return false;
    }
    if (!is_flat()) builder_.flatten();
    builder_.set_sample(Shape{sample.size()});
    return true;
  }
  bool is_flat() const { return builder_.is_flattened() || builder_.sample().rank() == 1; }

  void check_reshape(const OnnxNode& node) const {
    const std::vector<Index> to = operands_.operand(node, 1).integers(where_ + ": " + node.place());
    const Index size = builder_.sample().size();
    const bool keeps_batch =
        to.size() == 2 && (to[0] == -1 || to[0] == 1 ||
                           (to[0] == 0 && operands_.attributes(node).integer("allowzero", 0) == 0));
    if (!keeps_batch || !(to[1] == size || (to[1] == -1 && to[0] != -1)))
      operands_.fail(node, "reshapes to another shape, expected [N, " + std::to_string(size) + "]");
  }

  bool take_arithmetic(const OnnxNode& node, std::string_view value) {
    const bool is_known = node.op == "Add" || node.op == "Sub" || node.op == "Mul" || node.op == "Div";
    if (!is_known) return false;
    if (node.inputs.size() != 2)
      operands_.fail(node, "has " + std::to_string(node.inputs.size()) + " operands, expected 2");
    const bool is_first = node.inputs[0] == value;
    const OnnxTensor& constant = operands_.real_operand(node, is_first ? 1 : 0);
    if (constant.shape.size() != 1) builder_.reserve(builder_.sample().size(), 3 * sizeof(double));
    const Numbers c =
        broadcast_onnx_constant(constant.shape, builder_.sample(), [&](Index i) { return constant.real(i); });
    if (c.empty()) {
      operands_.fail(node, "has a constant of shape " + constant.shape.to_string() +
                               ", expected one that broadcasts to " + builder_.sample().to_string());
    }
    OnnxScaling& scaling = builder_.scaling();
    if (node.op == "Add") scaling.add(c);
    if (node.op == "Mul") scaling.multiply(c);
    if (node.op == "Div") scaling.divide(c);
    if (node.op == "Sub") {
      scaling.subtract(c);
      if (!is_first) scaling.multiply({-1});
    }
    return true;
  }

  const std::string& where_;
  OnnxGraph graph_;
  bool is_integral_ = false;
  OnnxOperands operands_;
  OnnxBuilder<Scalar> builder_;
  OnnxLayers<Scalar> layers_;
  OnnxElementwise<Scalar> elementwise_;
  OnnxOneHot<Scalar> one_hot_;
  std::set<std::size_t> constant_nodes_;
};

}  // namespace gradus::detail
