// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/io/onnx_attributes.hpp>
#include <gradus/io/onnx_builder.hpp>
#include <gradus/io/onnx_graph.hpp>
#include <gradus/io/onnx_region.hpp>
#include <gradus/io/onnx_scaling.hpp>
#include <gradus/io/onnx_tensor.hpp>
#include <gradus/nn.hpp>

namespace gradus::detail {

/// The operators that the importer reads.
inline const std::set<std::string_view>& known_onnx_operators() {
  static const std::set<std::string_view> known{"Add",       "BatchNormalization",
                                                "Cast",      "Clip",
                                                "Constant",  "Div",
                                                "Dropout",   "Elu",
                                                "Erf",       "Flatten",
                                                "Gelu",      "Gemm",
                                                "Identity",  "LayerNormalization",
                                                "LeakyRelu", "MatMul",
                                                "Mul",       "Pow",
                                                "Relu",      "Reshape",
                                                "Sigmoid",   "Softmax",
                                                "Softplus",  "Sub",
                                                "Tanh"};
  return known;
}

/// Turns a graph into a network, operator by operator from the input to the output. Throws FileError.
template <class Scalar>
class OnnxImporter {
 public:
  OnnxImporter(const std::string& where, std::size_t file_size, OnnxGraph graph)
      : where_(where), graph_(std::move(graph)), builder_(where, file_size, checked_sample()) {}

  nn::Sequential<Scalar> import() {
    refuse_unknown_operators();
    take_constant_nodes();
    const auto uses = count_onnx_uses(graph_);
    std::string_view value = graph_.inputs[0].name;
    const std::string_view output = graph_.outputs[0].name;
    std::size_t visited = 0, first = 0;
    while (value != output) {
      const OnnxRegion region = find_onnx_region(graph_, uses, value, first);
      if (region.nodes.empty()) fail_no_region(value);
      take(region, value);
      visited += region.nodes.size();
      first = region.nodes.back()->position + 1;
      value = region.output();
    }
    // The chain may end at the output only if it has no other use, and all operators are part of it.
    if (uses.at(output) != 1 || visited + constant_nodes_.size() != graph_.nodes.size()) fail_not_a_chain();
    if (builder_.is_flattened() && builder_.sample().rank() != 1) {
      throw FileError(where_ + ": the output has shape " + builder_.sample().prepend(1).to_string() +
                      " after a constant per element, expected a row of numbers per sample");
    }
    return builder_.finish();
  }

 private:
  using Numbers = OnnxScaling::Numbers;

  [[noreturn]] void fail(const OnnxNode& node, const std::string& what) const {
    throw FileError(where_ + ": " + node.place() + " " + what);
  }

  // ---- the graph as a whole ----

  Shape checked_sample() {
    if (graph_.inputs.size() != 1 || graph_.outputs.size() != 1) {
      throw FileError(where_ + ": " + std::to_string(graph_.inputs.size()) + " inputs and " +
                      std::to_string(graph_.outputs.size()) + " outputs, expected one of each");
    }
    const OnnxValue& input = graph_.inputs[0];
    is_integral_ = input.type != static_cast<std::int64_t>(OnnxType::float32) &&
                   input.type != static_cast<std::int64_t>(OnnxType::float64);
    if (input.dims.size() < 2 ||
        std::any_of(input.dims.begin() + 1, input.dims.end(), [](auto n) { return n < 1; })) {
      throw FileError(where_ + ": the input " + in_quotes(input.name) +
                      " has a shape that is not [N, ...] with " + "fixed extents after the batch");
    }
    std::vector<Index> extents(input.dims.begin() + 1, input.dims.end());
    try {
      const Shape sample{std::span<const Index>(extents)};
      static_cast<void>(sample.prepend(1));
      return sample;
    } catch (const ShapeError& error) {
      throw FileError(where_ + ": the input " + in_quotes(input.name) + ": " + error.what());
    }
  }

  void refuse_unknown_operators() const {
    constexpr std::size_t most = 20;
    std::string list;
    std::size_t count = 0;
    for (const OnnxNode& node : graph_.nodes) {
      if ((node.domain.empty() || node.domain == "ai.onnx") && known_onnx_operators().contains(node.op))
        continue;
      if (++count <= most) list += (list.empty() ? "" : ", ") + node.place();
    }
    if (count == 0) return;
    if (count > most) list += " and " + std::to_string(count - most) + " more";
    throw FileError(where_ + ": operators that gradus does not read: " + list);
  }

  // Constant, and Identity of a constant, which PyTorch writes for parameters with equal values.
  void take_constant_nodes() {
    for (const OnnxNode& node : graph_.nodes) {
      OnnxTensor tensor;
      if (node.op == "Constant") {
        if (!OnnxAttributes(where_, node).tensor("value", tensor)) fail(node, "has no tensor as its value");
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

  [[noreturn]] void fail_no_region(std::string_view value) const {
    std::string users;
    for (const OnnxNode& node : graph_.nodes) {
      if (std::ranges::find(node.inputs, value) != node.inputs.end() && users.size() < 300)
        users += (users.empty() ? "" : ", ") + node.place();
    }
    throw FileError(where_ + ": " + in_quotes(value) +
                    (users.empty() ? " is used by nothing, and is not the output"
                                   : " is used by " + users + ", whose results do not meet again"));
  }
  [[noreturn]] void fail_not_a_chain() const {
    throw FileError(where_ + ": there are operators that do not lead from the input to the output");
  }

  // ---- operands and attributes ----

  /// Returns a constant operand, or null if it is left out.
  const OnnxTensor* optional_operand(const OnnxNode& node, std::size_t i) const {
    if (i >= node.inputs.size() || node.inputs[i].empty()) return nullptr;
    const auto found = graph_.constants.find(node.inputs[i]);
    if (found == graph_.constants.end()) fail(node, "has an operand that is not constant");
    return &found->second;
  }
  const OnnxTensor& operand(const OnnxNode& node, std::size_t i) const {
    const OnnxTensor* tensor = optional_operand(node, i);
    if (tensor == nullptr) fail(node, "lacks operand " + std::to_string(i));
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
    if (!tensor->is_real() || tensor->shape.size() != 1) fail(node, "has an operand that is not one number");
    const double x = tensor->real(0);
    return tensor->element_size() == 4 ? shortest_double(static_cast<float>(x)) : x;
  }
  OnnxAttributes attributes(const OnnxNode& node) const { return {where_, node}; }

  /// The number of features of a sample that is a row. Throws if it is not.
  Index features(const OnnxNode& node) {
    if (builder_.sample().rank() != 1) {
      fail(node,
           "has an input of shape " + builder_.sample().prepend(1).to_string() + ", expected [N, features]");
    }
    return builder_.sample()[0];
  }
  template <class Tensor>
  void copy(const OnnxNode& node, const OnnxTensor& from, Tensor& to) const {
    if (from.shape.size() != to.size()) {
      fail(node,
           "has a constant of shape " + from.shape.to_string() + ", expected " + to.shape().to_string());
    }
    from.copy_to<Scalar>(to.span());
  }

  // ---- operators ----

  void take(const OnnxRegion& region, std::string_view value) {
    const OnnxNode& node = *region.nodes[0];
    if (&node == bias_node_) return;
    for (const OnnxNode* each : region.nodes) {
      if (is_integral_ && each->op != "Cast" && each->op != "Identity" && each->op != "Flatten" &&
          each->op != "Reshape")
        fail(*each, "computes with integers; cast them first");
    }
    if (region.nodes.size() > 1) return take_activation(region, value);
    if (std::ranges::count(node.inputs, value) != 1) fail(node, "uses its input twice");
    if (node.inputs[0] != value && node.op != "Add" && node.op != "Mul" && node.op != "Sub")
      fail(node, "has the result of the operators before it where a constant is expected");
    if (!take_shape_change(node) && !take_arithmetic(node, value) && !take_layer(node) &&
        !take_elementwise(node))
      fail(node, "is not part of an activation that gradus knows");
  }

  void take_activation(const OnnxRegion& region, std::string_view value) {
    const auto activation = OnnxActivationMatcher(graph_, region, value).match();
    if (!activation) {
      std::string list;
      for (const OnnxNode* node : region.nodes) list += (list.empty() ? "" : ", ") + node->place();
      throw FileError(where_ + ": operators that are together no activation that gradus knows: " + list);
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
      const std::int64_t to = attributes(node).integer("to", 0);
      if (to != static_cast<std::int64_t>(OnnxType::float32) &&
          to != static_cast<std::int64_t>(OnnxType::float64))
        fail(node, "casts to type " + std::to_string(to) + ", expected 1 (float) or 11 (double)");
      is_integral_ = false;
      return true;
    }
    const Shape& sample = builder_.sample();
    if (node.op == "Flatten") {
      const std::int64_t axis = attributes(node).integer("axis", 1);
      if (axis != 1 && axis != -sample.rank())
        fail(node, "flattens from axis " + std::to_string(axis) + ", expected 1");
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
    const std::vector<Index> to = operand(node, 1).integers(where_ + ": " + node.place());
    const Index size = builder_.sample().size();
    const bool keeps_batch =
        to.size() == 2 &&
        (to[0] == -1 || to[0] == 1 || (to[0] == 0 && attributes(node).integer("allowzero", 0) == 0));
    if (!keeps_batch || !(to[1] == size || (to[1] == -1 && to[0] != -1)))
      fail(node, "does not make a row of " + std::to_string(size) + " numbers per sample");
  }

  bool take_arithmetic(const OnnxNode& node, std::string_view value) {
    const bool is_known = node.op == "Add" || node.op == "Sub" || node.op == "Mul" || node.op == "Div";
    if (!is_known) return false;
    if (node.inputs.size() != 2)
      fail(node, "has " + std::to_string(node.inputs.size()) + " operands, expected 2");
    const bool is_first = node.inputs[0] == value;
    const OnnxTensor& constant = real_operand(node, is_first ? 1 : 0);
    if (constant.shape.size() != 1) builder_.reserve(builder_.sample().size(), 3 * sizeof(double));
    const Numbers c =
        broadcast_onnx_constant(constant.shape, builder_.sample(), [&](Index i) { return constant.real(i); });
    if (c.empty()) {
      fail(node, "has a constant of shape " + constant.shape.to_string() +
                     ", which does not fit samples of shape " + builder_.sample().to_string());
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

  bool take_layer(const OnnxNode& node) {
    if (node.op == "Gemm") {
      take_gemm(node);
    } else if (node.op == "MatMul") {
      take_linear(node, real_operand(node, 1), false, 1);
    } else if (node.op == "BatchNormalization") {
      take_batch_norm(node);
    } else if (node.op == "LayerNormalization") {
      take_layer_norm(node);
    } else {
      return false;
    }
    return true;
  }

  void take_gemm(const OnnxNode& node) {
    const OnnxAttributes options = attributes(node);
    if (options.integer("transA", 0) != 0) fail(node, "transposes its input");
    nn::Linear<Scalar> linear = make_linear(node, real_operand(node, 1), options.integer("transB", 0) != 0,
                                            options.real("alpha", 1), optional_operand(node, 2) != nullptr);
    if (linear.has_bias()) {
      const OnnxTensor& bias = real_operand(node, 2);
      const double beta = options.real("beta", 1);
      const Index out = linear.out();
      const bool is_row =
          bias.shape.rank() == 0 || (bias.shape.rank() <= 2 && bias.shape.size() == bias.shape[-1]);
      if (!is_row || (bias.shape.size() != out && bias.shape.size() != 1)) {
        fail(node,
             "has a bias of shape " + bias.shape.to_string() + ", expected [" + std::to_string(out) + "]");
      }
      for (Index i = 0; i < out; ++i)
        linear.bias.value.data()[i] = static_cast<Scalar>(beta * bias.real(bias.shape.size() == 1 ? 0 : i));
    }
    append(std::move(linear));
  }
  // The bias of a MatMul is the Add after it, which the scaling would make a module of its own.
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
      copy(node, *bias, linear.bias.value);
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
      fail(node, "has weights of shape " + weight.shape.to_string() + " for an input of [N, " +
                     std::to_string(in) + "]");
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
    const OnnxAttributes options = attributes(node);
    if (options.integer("training_mode", 0) != 0) fail(node, "is in training mode");
    const Index count = features(node);
    builder_.flush();
    builder_.reserve(count, 4 * sizeof(Scalar));
    const double momentum = 1 - options.real("momentum", 0.9), epsilon = options.real("epsilon", 1e-5);
    if (!(momentum >= 0 && momentum <= 1 && epsilon >= 0))
      fail(node, "has an epsilon or a momentum out of range");
    nn::BatchNorm1d<Scalar> norm(
        count, {.epsilon = epsilon, .momentum = shortest_double(static_cast<float>(momentum))});
    copy(node, real_operand(node, 1), norm.weight.value);
    copy(node, real_operand(node, 2), norm.bias.value);
    copy(node, real_operand(node, 3), norm.running_mean);
    copy(node, real_operand(node, 4), norm.running_variance);
    builder_.push(std::move(norm));
  }

  void take_layer_norm(const OnnxNode& node) {
    const OnnxAttributes options = attributes(node);
    require_last_axis(node, options.integer("axis", -1));
    const double epsilon = options.real("epsilon", 1e-5);
    if (!(epsilon >= 0)) fail(node, "has a negative epsilon");
    builder_.flush();
    const Index count = builder_.sample()[-1];
    builder_.reserve(count, 2 * sizeof(Scalar));
    nn::LayerNorm<Scalar> norm(count, {.epsilon = epsilon});
    copy(node, real_operand(node, 1), norm.weight.value);
    if (optional_operand(node, 2) != nullptr) copy(node, real_operand(node, 2), norm.bias.value);
    builder_.push(std::move(norm));
  }
  void require_last_axis(const OnnxNode& node, std::int64_t axis) {
    builder_.flush();
    const Shape& sample = builder_.sample();
    if ((axis != -1 && axis != sample.rank()) || (builder_.is_flattened() && sample.rank() != 1))
      fail(node, "works along axis " + std::to_string(axis) + ", expected the last one of the input");
  }

  bool take_elementwise(const OnnxNode& node) {
    const OnnxAttributes options = attributes(node);
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
      if (form != "none" && form != "tanh") fail(node, "has an approximation that is not known");
      builder_.push(nn::GELU<Scalar>(form == "tanh" ? nn::GELUForm::tanh : nn::GELUForm::exact));
    } else if (node.op == "Softmax") {
      require_last_axis(node, options.integer("axis", graph_.opset < 13 ? 1 : -1));
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
    const double low = number(node, 1, "min", -most), high = number(node, 2, "max", most);
    if (!(low <= high)) fail(node, "has a lower limit above the upper one");
    builder_.push(nn::Clip<Scalar>(low, high));
  }

  void take_dropout(const OnnxNode& node) {
    if (node.inputs.size() > 2 && !node.inputs[2].empty()) fail(node, "may be in training mode");
    const double ratio = number(node, 1, "ratio", 0.5);
    if (!(ratio >= 0 && ratio <= 1)) fail(node, "has a ratio out of range");
    builder_.push(nn::Dropout<Scalar>(ratio));
  }

  const std::string& where_;
  OnnxGraph graph_;
  bool is_integral_ = false;
  OnnxBuilder<Scalar> builder_;
  std::set<std::size_t> constant_nodes_;
  const OnnxNode* bias_node_ = nullptr;  ///< an Add whose constant is the bias of the last Linear
};

}  // namespace gradus::detail
