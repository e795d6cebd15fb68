// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include <gradus/io/onnx_attributes.hpp>
#include <gradus/io/onnx_builder.hpp>
#include <gradus/io/onnx_graph.hpp>
#include <gradus/io/onnx_operands.hpp>
#include <gradus/nn.hpp>

namespace gradus::detail {

/// A converter of operators without weights to modules: activations, Softmax and Dropout.
template <class Scalar>
class OnnxElementwise {
 public:
  /// Keeps references to `operands` and `builder`, which must outlive this object.
  OnnxElementwise(std::int64_t opset, const OnnxOperands& operands, OnnxBuilder<Scalar>& builder)
      : opset_(opset), operands_(operands), builder_(builder) {}

  /// Converts an operator. Returns false if it is not one of these.
  bool take(const OnnxNode& node) {
    const OnnxAttributes options = operands_.attributes(node);
    if (node.op == "Relu") {
      builder_.push(nn::ReLU<Scalar>{});
    } else if (node.op == "Sigmoid") {
      builder_.push(nn::Sigmoid<Scalar>{});
    } else if (node.op == "Tanh") {
      builder_.push(nn::Tanh<Scalar>{});
    } else if (node.op == "Elu") {
      builder_.push(nn::ELU<Scalar>(options.real("alpha", 1)));
    } else if (node.op == "LeakyRelu") {
      builder_.push(nn::LeakyReLU<Scalar>(options.real("alpha", 0.01)));
    } else if (node.op == "Gelu") {
      const std::string_view form = options.text("approximate", "none");
      if (form != "none" && form != "tanh")
        operands_.fail(node, "has approximation " + in_quotes(form) + R"(, expected "none" or "tanh")");
      builder_.push(nn::GELU<Scalar>(form == "tanh" ? nn::GELUForm::tanh : nn::GELUForm::exact));
    } else if (node.op == "Softmax") {
      require_last_axis(node, options.integer("axis", opset_ < 13 ? 1 : -1));
      builder_.push(nn::Softmax<Scalar>{});
    } else if (node.op == "Softplus") {
      take_softplus();
    } else if (node.op == "Clip") {
      take_clip(node);
    } else if (node.op == "Dropout") {
      take_dropout(node);
    } else {
      return false;
    }
    return true;
  }

 private:
  // log(1 + exp(b x)) is b times a Softplus of beta b.
  void take_softplus() {
    nn::SoftplusOptions softplus;
    const bool has_beta = !builder_.scaling().is_identity() && builder_.scaling().is_factor();
    if (has_beta) {
      softplus.beta = shortest_double(static_cast<float>(builder_.scaling().factor()));
      builder_.scaling() = {};
    }
    builder_.push(nn::Softplus<Scalar>(softplus));
    if (has_beta) builder_.scaling().multiply({softplus.beta});
  }

  void take_clip(const OnnxNode& node) {
    const auto most = static_cast<double>(std::numeric_limits<Scalar>::max());
    const double low = operands_.number(node, 1, "min", -most), high = operands_.number(node, 2, "max", most);
    if (!(low <= high)) {
      operands_.fail(node, "has min " + format_shortest(low) + " and max " + format_shortest(high) +
                               ", expected min <= max");
    }
    builder_.push(nn::Clip<Scalar>(low, high));
  }

  void take_dropout(const OnnxNode& node) {
    if (node.inputs.size() > 2 && !node.inputs[2].empty())
      operands_.fail(node, "has a training_mode operand, expected none");
    const double ratio = operands_.number(node, 1, "ratio", 0.5);
    if (!(ratio >= 0 && ratio <= 1))
      operands_.fail(node, "has ratio " + format_shortest(ratio) + ", expected a number in [0, 1]");
    builder_.push(nn::Dropout<Scalar>(ratio));
  }

  void require_last_axis(const OnnxNode& node, std::int64_t axis) const {
    require_last_onnx_axis(operands_, builder_, node, axis);
  }

  std::int64_t opset_;
  const OnnxOperands& operands_;
  OnnxBuilder<Scalar>& builder_;
};

}  // namespace gradus::detail
