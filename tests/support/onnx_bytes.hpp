// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <initializer_list>
#include <protozero/pbf_writer.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// ONNX files written field by field, without gradus's own encoder.
namespace gradus::test {

/// Returns a TensorProto of floats in raw_data.
inline std::string onnx_tensor(std::string_view name, std::vector<std::int64_t> dims,
                               std::vector<float> elements) {
  std::string bytes;
  protozero::pbf_writer tensor(bytes);
  tensor.add_packed_int64(1, dims.begin(), dims.end());
  tensor.add_int32(2, 1);
  tensor.add_string(8, name.data(), name.size());
  tensor.add_bytes(9, reinterpret_cast<const char*>(elements.data()), elements.size() * sizeof(float));
  return bytes;
}

/// Returns a TensorProto of integers in int64_data.
inline std::string onnx_integers(std::string_view name, std::vector<std::int64_t> elements) {
  std::string bytes;
  protozero::pbf_writer tensor(bytes);
  tensor.add_int64(1, static_cast<std::int64_t>(elements.size()));
  tensor.add_int32(2, 7);
  tensor.add_packed_int64(7, elements.begin(), elements.end());
  tensor.add_string(8, name.data(), name.size());
  return bytes;
}

/// Returns a TensorProto of booleans in raw_data, one byte each.
inline std::string onnx_flags(std::string_view name, const std::string& elements) {
  std::string bytes;
  protozero::pbf_writer tensor(bytes);
  tensor.add_int64(1, static_cast<std::int64_t>(elements.size()));
  tensor.add_int32(2, 9);
  tensor.add_bytes(9, elements);
  tensor.add_string(8, name.data(), name.size());
  return bytes;
}

inline std::string onnx_integer_attribute(std::string_view name, std::int64_t value) {
  std::string bytes;
  protozero::pbf_writer attribute(bytes);
  attribute.add_string(1, name.data(), name.size());
  attribute.add_int64(3, value);
  return bytes;
}

inline std::string onnx_real_attribute(std::string_view name, float value) {
  std::string bytes;
  protozero::pbf_writer attribute(bytes);
  attribute.add_string(1, name.data(), name.size());
  attribute.add_float(2, value);
  return bytes;
}

/// Returns a NodeProto with an empty name.
inline std::string onnx_node(std::string_view op, std::initializer_list<std::string_view> inputs,
                             std::string_view output, std::initializer_list<std::string> attributes = {}) {
  std::string bytes;
  protozero::pbf_writer node(bytes);
  for (const std::string_view input : inputs) node.add_string(1, input.data(), input.size());
  node.add_string(2, output.data(), output.size());
  node.add_string(4, op.data(), op.size());
  for (const std::string& attribute : attributes) node.add_message(5, attribute);
  return bytes;
}

/// Returns a ValueInfoProto of floats; a dimension of -1 becomes a symbolic name.
inline std::string onnx_value(std::string_view name, std::initializer_list<std::int64_t> dims,
                              std::int32_t type = 1) {
  std::string bytes;
  protozero::pbf_writer value(bytes);
  value.add_string(1, name.data(), name.size());
  protozero::pbf_writer type_proto(value, 2);
  protozero::pbf_writer tensor(type_proto, 1);
  tensor.add_int32(1, type);
  protozero::pbf_writer shape(tensor, 2);
  for (const std::int64_t n : dims) {
    protozero::pbf_writer dim(shape, 1);
    if (n == -1) dim.add_string(2, "N");
    if (n != -1) dim.add_int64(1, n);
  }
  return bytes;
}

/// The parts of a file that tests vary.
struct OnnxFile {
  std::vector<std::string> nodes = {}, constants = {};
  std::vector<std::string> inputs = {onnx_value("x", {-1, 4})}, outputs = {onnx_value("y", {-1, 4})};
  std::int64_t opset = 17;

  std::string bytes() const {
    std::string result;
    protozero::pbf_writer model(result);
    model.add_int64(1, 8);
    {
      protozero::pbf_writer graph(model, 7);
      for (const std::string& node : nodes) graph.add_message(1, node);
      for (const std::string& constant : constants) graph.add_message(5, constant);
      for (const std::string& input : inputs) graph.add_message(11, input);
      for (const std::string& output : outputs) graph.add_message(12, output);
    }
    protozero::pbf_writer version(model, 8);
    version.add_string(1, "");
    version.add_int64(2, opset);
    return result;
  }
};

}  // namespace gradus::test
