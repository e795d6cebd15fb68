// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <gradus/core/byte_order.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/io/onnx_fields.hpp>

namespace gradus::detail {

/// The ONNX codes of the element types that gradus reads.
enum class OnnxType : std::int64_t { float32 = 1, int64 = 7, boolean = 9, float64 = 11 };

/// Returns the ONNX type for a scalar type.
template <class Scalar>
constexpr OnnxType onnx_type() {
  static_assert(std::is_same_v<Scalar, float> || std::is_same_v<Scalar, double>);
  return std::is_same_v<Scalar, float> ? OnnxType::float32 : OnnxType::float64;
}

/// A constant of an ONNX file, as a view whose elements are read in place.
struct OnnxTensor {
  std::string_view name;
  std::int64_t type = 0;  ///< an OnnxType or another ONNX code
  Shape shape;
  std::string_view elements;  ///< little-endian, or varints
  bool varints = false;

  bool is_real() const {
    return type == static_cast<std::int64_t>(OnnxType::float32) ||
           type == static_cast<std::int64_t>(OnnxType::float64);
  }
  /// Returns the size in bytes of an element that is not a varint.
  std::size_t element_size() const {
    if (type == static_cast<std::int64_t>(OnnxType::boolean)) return 1;
    return type == static_cast<std::int64_t>(OnnxType::float32) ? 4 : 8;
  }

  /// Returns element i; requires is_real().
  double real(Index i) const {
    if (element_size() == 8) return load<double, std::uint64_t>(i);
    return static_cast<double>(load<float, std::uint32_t>(i));
  }
  /// Copies the elements, converted to Scalar.
  template <class Scalar>
  void copy_to(std::span<Scalar> out) const {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<Scalar>(real(static_cast<Index>(i)));
  }

  /// Returns the elements of a small integer tensor, such as a shape. Throws FileError for other tensors and
  /// for more than `most` elements.
  std::vector<Index> integers(const std::string& where, Index most = 16) const {
    if (type != static_cast<std::int64_t>(OnnxType::int64) || shape.size() > most)
      throw FileError(where + ": " + in_quotes(name) + " has type " + std::to_string(type) + " and shape " +
                      shape.to_string() + ", expected type 7 (int64) and at most " + std::to_string(most) +
                      " elements");
    std::vector<Index> result;
    if (varints) {
      OnnxFields("", "TensorProto", {}).for_each_varint(elements, [&](std::int64_t n) {
        result.push_back(n);
      });
    } else {
      for (Index i = 0; i < shape.size(); ++i) result.push_back(load<std::int64_t, std::uint64_t>(i));
    }
    return result;
  }

  /// Returns the elements of a boolean tensor. Throws FileError for other tensors.
  std::vector<bool> flags(const std::string& where) const {
    if (type != static_cast<std::int64_t>(OnnxType::boolean))
      throw FileError(where + ": " + in_quotes(name) + " has type " + std::to_string(type) +
                      ", expected 9 (bool)");
    std::vector<bool> result;
    if (varints) {
      OnnxFields("", "TensorProto", {}).for_each_varint(elements, [&](std::int64_t n) {
        result.push_back(n != 0);
      });
    } else {
      for (const char byte : elements) result.push_back(byte != 0);
    }
    return result;
  }

 private:
  template <class T, class Bits>
  T load(Index i) const {
    Bits bits;
    std::memcpy(&bits, elements.data() + to_size(i) * sizeof bits, sizeof bits);
    return std::bit_cast<T>(little_endian(bits));
  }
};

/// A parser of the header of a TensorProto, which checks that all elements are present. Throws FileError.
class OnnxTensorParser {
 public:
  OnnxTensorParser(const std::string& where, std::string_view message)
      : fields_(where, "TensorProto", message) {}

  OnnxTensor parse() {
    while (fields_.next()) take_field();
    if (is_external_) fail("stores its elements in another file, expected them in this one");
    try {
      tensor_.shape = Shape(std::span<const Index>(dims_.data(), rank_));
    } catch (const ShapeError& error) {
      fail(error.what());
    }
    check_size();
    return tensor_;
  }

 private:
  // Field numbers from onnx.proto.
  enum Field : std::uint32_t {
    dims = 1,
    data_type = 2,
    segment = 3,
    float_data = 4,
    int32_data = 5,
    int64_data = 7,
    name = 8,
    raw_data = 9,
    double_data = 10,
    external_data = 13,
    data_location = 14
  };

  void take_field() {
    switch (fields_.tag()) {
      case dims:
        fields_.integers([this](std::int64_t n) {
          if (rank_ == dims_.size()) fail("has at least 9 dimensions, expected at most 8");
          if (n < 0) fail("has extent " + std::to_string(n) + ", expected at least 0");
          dims_[rank_++] = n;
        });
        return;
      case data_type:
        tensor_.type = fields_.integer();
        return;
      case segment:
        fail("is a segment of a tensor, expected a whole tensor");
      case float_data:
      case int32_data:
      case int64_data:
      case raw_data:
      case double_data:
        if (has_elements_) fail("stores its elements twice, expected once");
        has_elements_ = true;
        source_ = fields_.tag();
        tensor_.elements = fields_.bytes();
        return;
      case name:
        tensor_.name = fields_.bytes();
        return;
      case external_data:
        is_external_ = true;
        fields_.skip();
        return;
      case data_location:
        is_external_ = is_external_ || fields_.integer() != 0;
        return;
      default:
        fields_.skip();
    }
  }

  // Other element types are never read, so they need no check.
  void check_size() {
    const auto is = [this](OnnxType type) { return tensor_.type == static_cast<std::int64_t>(type); };
    if (!tensor_.is_real() && !is(OnnxType::int64) && !is(OnnxType::boolean)) return;
    const std::uint32_t own = is(OnnxType::float32)   ? float_data
                              : is(OnnxType::int64)   ? int64_data
                              : is(OnnxType::boolean) ? int32_data
                                                      : double_data;
    if (has_elements_ && source_ != own && source_ != raw_data) {
      fail("stores its elements in field " + std::to_string(source_) + ", expected field " +
           std::to_string(own) + " or " + std::to_string(raw_data));
    }
    tensor_.varints = has_elements_ && (source_ == int64_data || source_ == int32_data);
    const auto wanted = static_cast<std::uint64_t>(tensor_.shape.size());
    std::uint64_t found = 0;
    if (tensor_.varints) {
      fields_.for_each_varint(tensor_.elements, [&found](std::int64_t) { ++found; });
    } else {
      found = tensor_.elements.size() / tensor_.element_size();
      if (tensor_.elements.size() % tensor_.element_size() != 0)
        fail("ends within an element, expected whole elements");
    }
    if (found != wanted) {
      fail("has " + std::to_string(found) + " elements, expected " + std::to_string(wanted) + " for shape " +
           tensor_.shape.to_string());
    }
  }

  [[noreturn]] void fail(const std::string& what) { fields_.fail(in_quotes(tensor_.name) + " " + what); }

  OnnxFields fields_;
  OnnxTensor tensor_;
  std::array<Index, static_cast<std::size_t>(Shape::max_rank)> dims_{};
  std::size_t rank_ = 0;
  std::uint32_t source_ = 0;
  bool has_elements_ = false, is_external_ = false;
};

}  // namespace gradus::detail
