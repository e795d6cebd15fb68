// SPDX-License-Identifier: MIT

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <protozero/pbf_writer.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/byte_order.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/io/onnx_tensor.hpp>
#include <gradus/version.hpp>

namespace gradus::detail {

/// An operator attribute: a float or an integer.
struct OnnxAttribute {
  const char* name;
  double real = 0;
  std::int64_t integer = 0;
  bool is_real = true;
};

/// A writer of an ONNX file, with operators and constants in the order in which they are added.
template <class Scalar>
class OnnxEncoder {
 public:
  /// Adds an operator, named after its output.
  void add_node(std::string_view op, std::initializer_list<std::string_view> inputs, std::string_view output,
                std::initializer_list<OnnxAttribute> attributes = {}) {
    protozero::pbf_writer node(graph_, 1);
    for (const std::string_view input : inputs) node.add_string(1, input.data(), input.size());
    node.add_string(2, output.data(), output.size());
    node.add_string(3, output.data(), output.size());
    node.add_string(4, op.data(), op.size());
    for (const OnnxAttribute& attribute : attributes) {
      protozero::pbf_writer part(node, 5);
      part.add_string(1, attribute.name);
      if (attribute.is_real) part.add_float(2, static_cast<float>(attribute.real));
      if (!attribute.is_real) part.add_int64(3, attribute.integer);
      part.add_int32(20, attribute.is_real ? 1 : 2);
    }
  }

  /// Adds a constant. Throws ArgumentError if the file would exceed protobuf's limit.
  void add_constant(std::string_view name, const Shape& shape, std::span<const Scalar> elements) {
    check_size(elements.size_bytes());
    protozero::pbf_writer tensor(graph_, 5);
    tensor.add_packed_int64(1, shape.begin(), shape.end());
    tensor.add_int32(2, static_cast<std::int32_t>(onnx_type<Scalar>()));
    tensor.add_string(8, name.data(), name.size());
    if constexpr (std::endian::native == std::endian::little) {
      tensor.add_bytes(9, reinterpret_cast<const char*>(elements.data()), elements.size_bytes());
    } else {
      std::string bytes(elements.size_bytes(), '\0');
      if (!elements.empty()) std::memcpy(bytes.data(), elements.data(), bytes.size());
      swap_bytes(std::as_writable_bytes(std::span(bytes)), sizeof(Scalar));
      tensor.add_bytes(9, bytes);
    }
  }

  /// Adds a one-dimensional constant of integers. Throws what add_constant throws.
  void add_integers(std::string_view name, std::span<const std::int64_t> elements) {
    check_size(elements.size_bytes());
    protozero::pbf_writer tensor(graph_, 5);
    add_header(tensor, name, elements.size(), OnnxType::int64);
    tensor.add_packed_int64(7, elements.begin(), elements.end());
  }
  /// Adds a one-dimensional constant of booleans. Throws what add_constant throws.
  void add_flags(std::string_view name, const std::vector<bool>& elements) {
    check_size(elements.size());
    protozero::pbf_writer tensor(graph_, 5);
    add_header(tensor, name, elements.size(), OnnxType::boolean);
    tensor.add_bytes(9, std::string(elements.begin(), elements.end()));
  }

  /// Adds the input (field 11) or the output (field 12). The batch axis comes first and is named `N`.
  void add_value(std::uint32_t field, std::string_view name, const Shape& sample) {
    protozero::pbf_writer value(graph_, field);
    value.add_string(1, name.data(), name.size());
    protozero::pbf_writer type(value, 2);
    protozero::pbf_writer tensor(type, 1);
    tensor.add_int32(1, static_cast<std::int32_t>(onnx_type<Scalar>()));
    protozero::pbf_writer shape(tensor, 2);
    {
      protozero::pbf_writer batch(shape, 1);
      batch.add_string(2, "N");
    }
    for (const Index extent : sample) {
      protozero::pbf_writer dim(shape, 1);
      dim.add_int64(1, extent);
    }
  }

  /// Returns the bytes of the file.
  std::string finish() {
    graph_.add_string(2, "gradus");
    std::string file;
    protozero::pbf_writer model(file);
    model.add_int64(1, 8);  // the format version introduced with opset 17
    model.add_string(2, "gradus");
    model.add_string(3, GRADUS_VERSION_STRING);
    {
      protozero::pbf_writer opset(model, 8);
      opset.add_string(1, "");
      opset.add_int64(2, 17);
    }
    model.add_message(7, bytes_);
    return file;
  }

 private:
  static void add_header(protozero::pbf_writer& tensor, std::string_view name, std::size_t size,
                         OnnxType type) {
    tensor.add_int64(1, static_cast<std::int64_t>(size));
    tensor.add_int32(2, static_cast<std::int32_t>(type));
    tensor.add_string(8, name.data(), name.size());
  }
  void check_size(std::size_t more) const {
    constexpr std::size_t largest = 0x7fff0000;
    if (more > largest || bytes_.size() > largest - more)
      throw ArgumentError("save_onnx: network is too large, expected at most 2 GB, the limit of the format");
  }

  std::string bytes_;
  protozero::pbf_writer graph_{bytes_};
};

}  // namespace gradus::detail
