// SPDX-License-Identifier: MIT

#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include <gradus/core/format.hpp>
#include <gradus/io/onnx_fields.hpp>
#include <gradus/io/onnx_graph.hpp>
#include <gradus/io/onnx_tensor.hpp>

namespace gradus::detail {

/// The attributes of a node, parsed from the file on each access.
class OnnxAttributes {
 public:
  OnnxAttributes(const std::string& where, const OnnxNode& node) : where_(where), node_(node) {}

  /// Returns a float attribute as the shortest decimal that rounds to it: 1e-5f becomes 1e-5.
  double real(std::string_view name, double otherwise) const;
  std::int64_t integer(std::string_view name, std::int64_t otherwise) const {
    find(name, 3, [&](OnnxFields& field) { otherwise = field.integer(); });
    return otherwise;
  }
  std::string_view text(std::string_view name, std::string_view otherwise) const {
    find(name, 4, [&](OnnxFields& field) { otherwise = field.bytes(); });
    return otherwise;
  }
  /// Returns false if there is no such attribute.
  bool tensor(std::string_view name, OnnxTensor& result) const {
    bool found = false;
    find(name, 5, [&](OnnxFields& field) {
      result = OnnxTensorParser(where_, field.bytes()).parse();
      found = true;
    });
    return found;
  }

 private:
  // Calls f on field `tag` of the attribute with this name.
  template <class F>
  void find(std::string_view name, std::uint32_t tag, F&& f) const {
    OnnxFields fields(where_, "NodeProto", node_.message);
    while (fields.next()) {
      if (fields.tag() != 5) {
        fields.skip();
        continue;
      }
      const std::string_view attribute = fields.bytes();
      if (name_of(attribute) != name) continue;
      OnnxFields parts(where_, "AttributeProto", attribute);
      while (parts.next()) {
        if (parts.tag() == tag) {
          f(parts);
        } else {
          parts.skip();
        }
      }
    }
  }
  std::string_view name_of(std::string_view attribute) const {
    std::string_view name;
    OnnxFields parts(where_, "AttributeProto", attribute);
    while (parts.next()) {
      if (parts.tag() == 1) {
        name = parts.bytes();
      } else {
        parts.skip();
      }
    }
    return name;
  }

  const std::string& where_;
  const OnnxNode& node_;
};

/// Converts a float to the double with the shortest decimal that rounds to it.
inline double shortest_double(float x) {
  const std::string text = format_shortest(x);
  auto result = static_cast<double>(x);
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

inline double OnnxAttributes::real(std::string_view name, double otherwise) const {
  find(name, 2, [&](OnnxFields& field) { otherwise = shortest_double(field.real()); });
  return otherwise;
}

}  // namespace gradus::detail
