// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include <gradus/core/error.hpp>
#include <gradus/io/onnx_graph.hpp>

namespace gradus::detail {

/// Returns the operators that the importer supports.
inline const std::set<std::string_view>& known_onnx_operators() {
  static const std::set<std::string_view> known{"Add",       "BatchNormalization",
                                                "Cast",      "Clip",
                                                "Constant",  "Div",
                                                "Dropout",   "Elu",
                                                "Equal",     "Erf",
                                                "Flatten",   "Gather",
                                                "Gelu",      "Gemm",
                                                "Identity",  "LayerNormalization",
                                                "LeakyRelu", "MatMul",
                                                "Mul",       "Pow",
                                                "Relu",      "Reshape",
                                                "Sigmoid",   "Softmax",
                                                "Softplus",  "Sub",
                                                "Tanh",      "Where"};
  return known;
}

/// Throws FileError naming the operators that the importer does not support, at most 20 of them.
inline void refuse_unknown_onnx_operators(const std::string& where, const OnnxGraph& graph) {
  constexpr std::size_t most = 20;
  std::string list;
  std::size_t count = 0;
  for (const OnnxNode& node : graph.nodes) {
    if ((node.domain.empty() || node.domain == "ai.onnx") && known_onnx_operators().contains(node.op))
      continue;
    if (++count <= most) list += (list.empty() ? "" : ", ") + node.place();
  }
  if (count == 0) return;
  if (count > most) list += " and " + std::to_string(count - most) + " more";
  throw FileError(where + ": graph has unsupported operators, expected none: " + list);
}

}  // namespace gradus::detail
