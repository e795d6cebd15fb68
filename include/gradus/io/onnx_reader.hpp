// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/file.hpp>
#include <gradus/core/positioned_file.hpp>
#include <gradus/io/onnx_graph.hpp>
#include <gradus/io/onnx_import.hpp>
#include <gradus/nn/sequential.hpp>

namespace gradus {

/// Builds a network from the bytes of an ONNX file, which error messages call `where`. See the overload that
/// takes a path.
template <class Scalar = float>
nn::Sequential<Scalar> load_onnx(std::span<const std::byte> bytes, const std::string& where = "memory") {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::string start = "load_onnx: " + where;
  detail::OnnxGraph graph = detail::OnnxGraphParser(start, text).parse();
  return detail::OnnxImporter<Scalar>(start, bytes.size(), std::move(graph)).import();
}

/// Builds a network from an ONNX file with one input `[N, ...]`, one output, a chain of operators of opset 7
/// to 25, and float or double constants.
///
/// - Supports Gemm, MatMul with Add, BatchNormalization, LayerNormalization, Relu, Sigmoid, Tanh, Elu,
///   LeakyRelu, Softplus, Gelu, Softmax, Clip, Dropout, Flatten, Reshape to one axis, Identity and Cast.
/// - Supports SiLU and GELU composed of other operators, and OneHot as save_onnx writes it.
/// - Add, Sub, Mul and Div with constants become a BatchNorm1d with the constants as running statistics.
/// - Throws FileError for anything else, listing the unsupported operators and their positions, and for files
///   that store their weights in other files.
/// - Limits the network to a quarter of the file's bytes plus 32,768, counted in elements of `Scalar`.
template <class Scalar = float>
nn::Sequential<Scalar> load_onnx(const std::filesystem::path& file) {
  const PositionedFile source(file);
  const std::string where = path_text(file);
  constexpr std::uint64_t largest = std::numeric_limits<std::int32_t>::max();  // the largest protobuf message
  if (source.size() > largest) {
    throw FileError("load_onnx: " + where + ": file has " + std::to_string(source.size()) +
                    " bytes, expected at most " + std::to_string(largest));
  }
  std::vector<std::byte> bytes(static_cast<std::size_t>(source.size()));
  const std::size_t count = source.read(0, bytes);
  return load_onnx<Scalar>(std::span<const std::byte>(bytes).first(count), where);
}

}  // namespace gradus
