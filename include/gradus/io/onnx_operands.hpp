// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <gradus/core/error.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/io/onnx_attributes.hpp>
#include <gradus/io/onnx_builder.hpp>
#include <gradus/io/onnx_graph.hpp>
#include <gradus/io/onnx_tensor.hpp>

namespace gradus::detail {

/// Checked access to the constant operands and attributes of a graph's operators. Throws FileError.
class OnnxOperands {
 public:
  /// Keeps references to both arguments, which must outlive this object. `where` is the name of the file.
  OnnxOperands(const std::string& where, const OnnxGraph& graph)
      : where_(where), constants_(graph.constants) {}

  [[noreturn]] void fail(const OnnxNode& node, const std::string& what) const {
    throw FileError(place(node) + " " + what);
  }
  /// Returns the name of the file and the position of an operator, for messages.
  std::string place(const OnnxNode& node) const { return where_ + ": " + node.place(); }

  /// Returns a constant operand, or null if it is omitted.
  const OnnxTensor* optional_operand(const OnnxNode& node, std::size_t i) const {
    if (i >= node.inputs.size() || node.inputs[i].empty()) return nullptr;
    const auto found = constants_.find(node.inputs[i]);
    if (found == constants_.end())
      fail(node, "has a computed operand " + std::to_string(i) + ", expected a constant");
    return &found->second;
  }
  const OnnxTensor& operand(const OnnxNode& node, std::size_t i) const {
    const OnnxTensor* tensor = optional_operand(node, i);
    if (tensor == nullptr) fail(node, "has no operand " + std::to_string(i) + ", expected a constant");
    return *tensor;
  }
  const OnnxTensor& real_operand(const OnnxNode& node, std::size_t i) const {
    const OnnxTensor& tensor = operand(node, i);
    if (!tensor.is_real())
      fail(node,
           "has constants of type " + std::to_string(tensor.type) + ", expected 1 (float) or 11 (double)");
    return tensor;
  }
  double number(const OnnxNode& node, std::size_t i, std::string_view attribute, double otherwise) const {
    const OnnxTensor* tensor = optional_operand(node, i);
    if (tensor == nullptr) return attributes(node).real(attribute, otherwise);
    if (!tensor->is_real() || tensor->shape.size() != 1) {
      fail(node, "has operand " + std::to_string(i) + " of type " + std::to_string(tensor->type) +
                     " and shape " + tensor->shape.to_string() + ", expected one float or double");
    }
    const double x = tensor->real(0);
    return tensor->element_size() == 4 ? shortest_double(static_cast<float>(x)) : x;
  }
  OnnxAttributes attributes(const OnnxNode& node) const { return {where_, node}; }

  template <class Tensor>
  void copy(const OnnxNode& node, const OnnxTensor& from, Tensor& to) const {
    if (from.shape.size() != to.size()) {
      fail(node,
           "has a constant of shape " + from.shape.to_string() + ", expected " + to.shape().to_string());
    }
    from.copy_to<typename Tensor::scalar_type>(to.span());
  }

 private:
  const std::string& where_;
  const decltype(OnnxGraph::constants)& constants_;
};

/// Throws FileError unless an operator works on the last axis of the network's current output.
template <class Scalar>
void require_last_onnx_axis(const OnnxOperands& operands, OnnxBuilder<Scalar>& builder, const OnnxNode& node,
                            std::int64_t axis) {
  builder.flush();
  const Shape& sample = builder.sample();
  if ((axis != -1 && axis != sample.rank()) || (builder.is_flattened() && sample.rank() != 1)) {
    operands.fail(node, "works along axis " + std::to_string(axis) + ", expected the last axis of its input");
  }
}

}  // namespace gradus::detail
