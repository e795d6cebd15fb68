// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <string_view>
#include <utility>

#include <gradus/core/shape.hpp>
#include <gradus/io/onnx_attributes.hpp>
#include <gradus/io/onnx_builder.hpp>
#include <gradus/io/onnx_graph.hpp>
#include <gradus/io/onnx_operands.hpp>
#include <gradus/io/onnx_tensor.hpp>
#include <gradus/nn.hpp>

namespace gradus::detail {

/// A converter of operators with weights to modules: Gemm, MatMul, BatchNormalization and LayerNormalization.
template <class Scalar>
class OnnxLayers {
 public:
  /// Keeps references to all three arguments, which must outlive this object.
  OnnxLayers(const OnnxGraph& graph, const OnnxOperands& operands, OnnxBuilder<Scalar>& builder)
      : graph_(graph), operands_(operands), builder_(builder) {}

  /// Converts an operator. Returns false if it is not one of these.
  bool take(const OnnxNode& node) {
    if (node.op == "Gemm") {
      take_gemm(node);
    } else if (node.op == "MatMul") {
      take_linear(node, operands_.real_operand(node, 1), false, 1);
    } else if (node.op == "BatchNormalization") {
      take_batch_norm(node);
    } else if (node.op == "LayerNormalization") {
      take_layer_norm(node);
    } else {
      return false;
    }
    return true;
  }

  /// Returns whether the operator is an Add that became the bias of the Linear before it.
  bool is_bias(const OnnxNode& node) const { return &node == bias_node_; }

 private:
  void take_gemm(const OnnxNode& node) {
    const OnnxAttributes options = operands_.attributes(node);
    if (options.integer("transA", 0) != 0) operands_.fail(node, "transposes its input, expected transA = 0");
    nn::Linear<Scalar> linear =
        make_linear(node, operands_.real_operand(node, 1), options.integer("transB", 0) != 0,
                    options.real("alpha", 1), operands_.optional_operand(node, 2) != nullptr);
    if (linear.has_bias()) {
      const OnnxTensor& bias = operands_.real_operand(node, 2);
      const double beta = options.real("beta", 1);
      const Index out = linear.out();
      const bool is_row =
          bias.shape.rank() == 0 || (bias.shape.rank() <= 2 && bias.shape.size() == bias.shape[-1]);
      if (!is_row || (bias.shape.size() != out && bias.shape.size() != 1)) {
        operands_.fail(node, "has a bias of shape " + bias.shape.to_string() + ", expected [" +
                                 std::to_string(out) + "]");
      }
      for (Index i = 0; i < out; ++i)
        linear.bias.value.data()[i] = static_cast<Scalar>(beta * bias.real(bias.shape.size() == 1 ? 0 : i));
    }
    append(std::move(linear));
  }
  // The Add after a MatMul becomes its bias; as a scaling it would be a separate module.
  void take_linear(const OnnxNode& node, const OnnxTensor& weight, bool is_transposed, double alpha) {
    const OnnxNode* next = user_of(node.outputs[0]);
    const OnnxTensor* bias = nullptr;
    if (next != nullptr && next->op == "Add" && next->inputs.size() == 2) {
      const std::string_view other = next->inputs[next->inputs[0] == node.outputs[0] ? 1 : 0];
      const auto found = graph_.constants.find(other);
      const bool fits = found != graph_.constants.end() && found->second.is_real() &&
                        weight.shape.rank() == 2 && found->second.shape.rank() == 1 &&
                        found->second.shape[0] == weight.shape[1];
      if (fits) bias = &found->second;
    }
    nn::Linear<Scalar> linear = make_linear(node, weight, is_transposed, alpha, bias != nullptr);
    if (bias != nullptr) {
      operands_.copy(node, *bias, linear.bias.value);
      bias_node_ = next;
    }
    append(std::move(linear));
  }
  const OnnxNode* user_of(std::string_view value) const {
    const OnnxNode* user = nullptr;
    for (const OnnxNode& node : graph_.nodes) {
      const auto count = std::ranges::count(node.inputs, value);
      if (count == 0) continue;
      if (user != nullptr || count > 1) return nullptr;
      user = &node;
    }
    return graph_.outputs[0].name == value ? nullptr : user;
  }

  nn::Linear<Scalar> make_linear(const OnnxNode& node, const OnnxTensor& weight, bool is_transposed,
                                 double alpha, bool has_bias) {
    const Index in = features(node);
    if (weight.shape.rank() != 2 || weight.shape[is_transposed ? 1 : 0] != in || weight.shape.empty()) {
      operands_.fail(
          node, "has weights of shape " + weight.shape.to_string() + ", expected [" +
                    (is_transposed ? "outputs, " + std::to_string(in) : std::to_string(in) + ", outputs") +
                    "]");
    }
    const Index out = weight.shape[is_transposed ? 0 : 1];
    builder_.flush();
    builder_.reserve(weight.shape.size());
    builder_.reserve(out);
    nn::Linear<Scalar> linear(in, out, {.bias = has_bias});
    Scalar* const w = linear.weight.value.data();
    for (Index o = 0; o < out; ++o) {
      for (Index i = 0; i < in; ++i)
        w[o * in + i] = static_cast<Scalar>(alpha * weight.real(is_transposed ? o * in + i : i * out + o));
    }
    return linear;
  }
  void append(nn::Linear<Scalar> linear) {
    const Index out = linear.out();
    builder_.push(std::move(linear));
    builder_.set_sample(Shape{out});
  }

  void take_batch_norm(const OnnxNode& node) {
    const OnnxAttributes options = operands_.attributes(node);
    if (options.integer("training_mode", 0) != 0)
      operands_.fail(node, "is in training mode, expected training_mode = 0");
    const Index count = features(node);
    builder_.flush();
    builder_.reserve(count, 4 * sizeof(Scalar));
    const double momentum = 1 - options.real("momentum", 0.9), epsilon = options.real("epsilon", 1e-5);
    if (!(momentum >= 0 && momentum <= 1 && epsilon >= 0))
      operands_.fail(node, "has epsilon " + format_shortest(epsilon) + " and momentum " +
                               format_shortest(1 - momentum) +
                               ", expected epsilon >= 0 and momentum in [0, 1]");
    nn::BatchNorm1d<Scalar> norm(
        count, {.epsilon = epsilon, .momentum = shortest_double(static_cast<float>(momentum))});
    operands_.copy(node, operands_.real_operand(node, 1), norm.weight.value);
    operands_.copy(node, operands_.real_operand(node, 2), norm.bias.value);
    operands_.copy(node, operands_.real_operand(node, 3), norm.running_mean);
    operands_.copy(node, operands_.real_operand(node, 4), norm.running_variance);
    builder_.push(std::move(norm));
  }

  void take_layer_norm(const OnnxNode& node) {
    const OnnxAttributes options = operands_.attributes(node);
    require_last_axis(node, options.integer("axis", -1));
    const double epsilon = options.real("epsilon", 1e-5);
    if (!(epsilon >= 0))
      operands_.fail(node, "has epsilon " + format_shortest(epsilon) + ", expected a number >= 0");
    builder_.flush();
    const Index count = builder_.sample()[-1];
    builder_.reserve(count, 2 * sizeof(Scalar));
    nn::LayerNorm<Scalar> norm(count, {.epsilon = epsilon});
    operands_.copy(node, operands_.real_operand(node, 1), norm.weight.value);
    if (operands_.optional_operand(node, 2) != nullptr)
      operands_.copy(node, operands_.real_operand(node, 2), norm.bias.value);
    builder_.push(std::move(norm));
  }
  /// Returns the number of features. Throws FileError unless a sample has one axis.
  Index features(const OnnxNode& node) {
    if (builder_.sample().rank() != 1) {
      operands_.fail(node, "has an input of shape " + builder_.sample().prepend(1).to_string() +
                               ", expected [N, features]");
    }
    return builder_.sample()[0];
  }

  void require_last_axis(const OnnxNode& node, std::int64_t axis) const {
    require_last_onnx_axis(operands_, builder_, node, axis);
  }

  const OnnxGraph& graph_;
  const OnnxOperands& operands_;
  OnnxBuilder<Scalar>& builder_;
  const OnnxNode* bias_node_ = nullptr;  ///< an Add whose constant became the bias of the last Linear
};

}  // namespace gradus::detail
