// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/io/onnx_graph.hpp>

namespace gradus::detail {

/// Counts the uses of each value in a graph, including uses as an output.
inline std::map<std::string_view, std::size_t> count_onnx_uses(const OnnxGraph& graph) {
  std::map<std::string_view, std::size_t> uses;
  for (const OnnxNode& node : graph.nodes) {
    for (const std::string_view name : node.inputs) {
      if (!name.empty()) ++uses[name];
    }
  }
  for (const OnnxValue& output : graph.outputs) ++uses[output.name];
  return uses;
}

/// The operators between a value and the next value that all its dependents pass through.
struct OnnxRegion {
  std::vector<const OnnxNode*> nodes;

  std::string_view output() const { return nodes.back()->outputs[0]; }
  /// Returns the node that produces a value, or null.
  const OnnxNode* giver(std::string_view value) const {
    for (const OnnxNode* node : nodes) {
      if (node->outputs[0] == value) return node;
    }
    return nullptr;
  }
};

/// Returns the region that begins at `value`, among nodes from position `first` on. It is empty if nothing
/// uses the value or if its uses do not converge within 16 operators.
inline OnnxRegion find_onnx_region(const OnnxGraph& graph,
                                   const std::map<std::string_view, std::size_t>& uses,
                                   std::string_view value, std::size_t first) {
  constexpr std::size_t most = 16;
  const auto count = [&uses](std::string_view name) {
    const auto found = uses.find(name);
    return found == uses.end() ? std::size_t{0} : found->second;
  };
  std::map<std::string_view, std::size_t> open{{value, count(value)}};
  OnnxRegion region;
  for (std::size_t i = first; i < graph.nodes.size() && region.nodes.size() < most; ++i) {
    const OnnxNode& node = graph.nodes[i];
    bool is_inside = false;
    for (const std::string_view name : node.inputs) {
      const auto found = open.find(name);
      if (found == open.end()) continue;
      is_inside = true;
      if (--found->second == 0) open.erase(found);
    }
    if (!is_inside) continue;
    region.nodes.push_back(&node);
    if (open.empty()) return region;
    for (const std::string_view name : node.outputs) {
      if (count(name) > 0) open.emplace(name, count(name));
    }
  }
  return {};
}

/// An activation that has no ONNX operator, times a factor.
struct OnnxActivation {
  enum class Kind { silu, gelu, gelu_tanh } kind;
  double factor = 1;
};

/// A matcher that recognises x sigmoid(x) and both forms of GELU in the operators as which they are exported,
/// with factors in any order.
class OnnxActivationMatcher {
 public:
  OnnxActivationMatcher(const OnnxGraph& graph, const OnnxRegion& region, std::string_view input)
      : graph_(graph), region_(region), x_(input) {}

  std::optional<OnnxActivation> match() const {
    const Product product = factors(region_.output());
    if (product.power != 1 || product.others.size() != 1) return {};
    const OnnxNode* other = region_.giver(product.others[0]);
    if (other == nullptr) return {};
    using Kind = OnnxActivation::Kind;
    if (other->op == "Sigmoid" && other->inputs[0] == x_) return OnnxActivation{Kind::silu, product.constant};
    const OnnxNode* inner = one_plus(*other);
    if (inner == nullptr || inner->inputs.size() != 1) return {};
    const Product u = factors(inner->inputs[0]);
    if (inner->op == "Erf" && is_only_x(u, std::sqrt(0.5)))
      return OnnxActivation{Kind::gelu, 2 * product.constant};
    if (inner->op == "Tanh" && is_cubic(u)) return OnnxActivation{Kind::gelu_tanh, 2 * product.constant};
    return {};
  }

 private:
  /// constant x^power times the other values
  struct Product {
    double constant = 1;
    int power = 0;
    std::vector<std::string_view> others;
    int factors = 0;
  };

  Product factors(std::string_view value) const {
    Product product;
    multiply(value, product);
    return product;
  }
  // Nested products could have 2^16 factors; one with more than 16 is not an activation.
  void multiply(std::string_view value, Product& product) const {
    if (++product.factors > 16) return;
    const std::optional<double> constant = number(value);
    const OnnxNode* node = region_.giver(value);
    if (constant) {
      product.constant *= *constant;
    } else if (value == x_) {
      ++product.power;
    } else if (node != nullptr && node->op == "Mul" && node->inputs.size() == 2) {
      multiply(node->inputs[0], product);
      multiply(node->inputs[1], product);
    } else if (const auto divisor = divisor_of(node)) {
      multiply(node->inputs[0], product);
      product.constant /= *divisor;
    } else if (node != nullptr && node->op == "Pow" && node->inputs.size() == 2 &&
               is_near(number(node->inputs[1]).value_or(0), 3)) {
      for (int i = 0; i < 3; ++i) multiply(node->inputs[0], product);
    } else {
      product.others.push_back(value);
    }
  }

  /// Returns the value of a constant with one element.
  std::optional<double> number(std::string_view name) const {
    const auto found = graph_.constants.find(name);
    if (found == graph_.constants.end() || !found->second.is_real() || found->second.shape.size() != 1)
      return {};
    return found->second.real(0);
  }
  /// Returns the constant divisor of a division.
  std::optional<double> divisor_of(const OnnxNode* node) const {
    if (node == nullptr || node->op != "Div" || node->inputs.size() != 2) return {};
    return number(node->inputs[1]);
  }
  static bool is_near(double a, double b) { return std::abs(a - b) <= 1e-6 * std::abs(b); }
  static bool is_only_x(const Product& p, double constant) {
    return p.power == 1 && p.others.empty() && p.factors <= 16 && is_near(p.constant, constant);
  }

  /// Returns the node that computes w in 1 + w, or null.
  const OnnxNode* one_plus(const OnnxNode& sum) const {
    if (sum.op != "Add" || sum.inputs.size() != 2) return nullptr;
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
      if (const auto one = number(sum.inputs[i]); one && is_near(*one, 1))
        return region_.giver(sum.inputs[1 - i]);
    }
    return nullptr;
  }
  /// Returns whether u is sqrt(2/pi) (x + 0.044715 x^3), or sqrt(2/pi) x (1 + 0.044715 x^2).
  bool is_cubic(const Product& u) const {
    constexpr double root = 0.79788456080286535588, cubic = 0.044715;
    if (!is_near(u.constant, root) || u.others.size() != 1 || u.power > 1) return false;
    const OnnxNode* sum = region_.giver(u.others[0]);
    if (sum == nullptr || sum->op != "Add" || sum->inputs.size() != 2) return false;
    const Product a = factors(sum->inputs[0]), b = factors(sum->inputs[1]);
    const auto are_terms = [&](const Product& low, const Product& high) {
      return low.others.empty() && high.others.empty() && is_near(low.constant, 1) &&
             low.power == 1 - u.power && is_near(high.constant, cubic) && high.power == 3 - u.power;
    };
    return are_terms(a, b) || are_terms(b, a);
  }

  const OnnxGraph& graph_;
  const OnnxRegion& region_;
  std::string_view x_;
};

}  // namespace gradus::detail
