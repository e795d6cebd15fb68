// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include <gradus/autograd/node.hpp>
#include <gradus/autograd/variable.hpp>

namespace gradus {

/// A variable and its name in the drawing.
template <class Scalar>
using NamedVariable = std::pair<Variable<Scalar>, std::string>;

namespace detail {

inline std::string dot_text(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

}  // namespace detail

/// Returns the graph that computed a variable, in Graphviz's language, for `dot -Tsvg`. Edges point in the
/// direction of the forward pass. Boxes are variables created by the user, filled if they require a gradient;
/// ellipses are operations. Each shows its shape.
template <class Scalar>
std::string graph_to_dot(const Variable<Scalar>& output,
                         const std::vector<std::type_identity_t<NamedVariable<Scalar>>>& names = {}) {
  std::unordered_map<detail::Node<Scalar>*, std::size_t> numbers{{output.node().get(), 0}};
  std::vector<detail::Node<Scalar>*> nodes{output.node().get()};
  std::string edges;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (const detail::NodeRef<Scalar>& parent : nodes[i]->parents()) {
      const auto [entry, is_new] = numbers.try_emplace(parent.get(), nodes.size());
      if (is_new) nodes.push_back(parent.get());
      edges += "  n" + std::to_string(entry->second) + " -> n" + std::to_string(i) + ";\n";
    }
  }
  std::string text = "digraph {\n  rankdir=LR;\n";
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    std::string label = nodes[i]->name();
    for (const auto& [variable, name] : names) {
      if (variable.node().get() == nodes[i]) label = nodes[i]->parent_count > 0 ? name + " = " + label : name;
    }
    text += "  n" + std::to_string(i) + " [label=\"" + detail::dot_text(label) + "\\n" +
            nodes[i]->value.shape().to_string() + "\"";
    if (nodes[i]->is_leaf) text += nodes[i]->requires_grad ? ", shape=box, style=filled" : ", shape=box";
    text += "];\n";
  }
  return text + edges + "}\n";
}

}  // namespace gradus
