// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/byte_order.hpp>
#include <gradus/core/eigen.hpp>

namespace gradus {

/// The floating-point types in safetensors files, named as in PyTorch.
enum class FloatType {
  float64,  ///< F64
  float32,  ///< F32
  float16,  ///< F16: 5 exponent bits, 10 fraction bits; 65520 and above become infinite
  bfloat16  ///< BF16: the exponent range of F32 with 7 fraction bits
};

namespace detail {

inline constexpr std::pair<FloatType, std::string_view> float_types[] = {{FloatType::float64, "F64"},
                                                                         {FloatType::float32, "F32"},
                                                                         {FloatType::float16, "F16"},
                                                                         {FloatType::bfloat16, "BF16"}};

/// Returns the format's name for a type.
constexpr std::string_view dtype_of(FloatType type) {
  return std::ranges::find(float_types, type, &std::pair<FloatType, std::string_view>::first)->second;
}
/// Returns the type for a name of the format, or nullopt if gradus does not convert it.
constexpr std::optional<FloatType> float_type(std::string_view dtype) {
  for (const auto& [type, name] : float_types) {
    if (name == dtype) return type;
  }
  return std::nullopt;
}

/// Calls f with a zero of the type.
template <class F>
auto with_float_type(FloatType type, F&& f) {
  if (type == FloatType::float64) return f(double{});
  if (type == FloatType::float32) return f(float{});
  if (type == FloatType::float16) return f(Eigen::half{});
  return f(Eigen::bfloat16{});
}

/// Returns the size of an element in bytes.
inline std::size_t size_of(FloatType type) {
  return with_float_type(type, [](auto zero) { return sizeof zero; });
}

/// Converts elements read from a file. `stored` is swapped in place from file to native byte order.
template <class Scalar>
void convert_from(FloatType type, std::span<std::byte> stored, std::span<Scalar> out) {
  if constexpr (std::endian::native != std::endian::little) swap_bytes(stored, size_of(type));
  with_float_type(type, [&](auto element) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      std::memcpy(&element, stored.data() + i * sizeof element, sizeof element);
      out[i] = static_cast<Scalar>(element);
    }
  });
}

/// Replaces `stored` by the elements in file format, rounded to nearest. As in PyTorch, double is converted
/// to a 16-bit type via float.
template <class Scalar>
void convert_to(FloatType type, std::span<const Scalar> elements, std::vector<std::byte>& stored) {
  with_float_type(type, [&](auto element) {
    using Element = decltype(element);
    stored.resize(elements.size() * sizeof element);
    for (std::size_t i = 0; i < elements.size(); ++i) {
      if constexpr (sizeof(Element) == 2) {
        element = Element(static_cast<float>(elements[i]));
      } else {
        element = static_cast<Element>(elements[i]);
      }
      std::memcpy(stored.data() + i * sizeof element, &element, sizeof element);
    }
  });
  if constexpr (std::endian::native != std::endian::little) swap_bytes(std::span(stored), size_of(type));
}

}  // namespace detail
}  // namespace gradus
