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

/// The floating-point types of a safetensors file, with PyTorch's names.
enum class FloatType {
  float64,  ///< F64
  float32,  ///< F32
  float16,  ///< F16: 5 bits of exponent, 10 of fraction; numbers above 65504 become infinite
  bfloat16  ///< BF16: the exponents of F32 with 7 bits of fraction
};

namespace detail {

inline constexpr std::pair<FloatType, std::string_view> float_types[] = {{FloatType::float64, "F64"},
                                                                         {FloatType::float32, "F32"},
                                                                         {FloatType::float16, "F16"},
                                                                         {FloatType::bfloat16, "BF16"}};

/// The format's name of a type.
constexpr std::string_view dtype_of(FloatType type) {
  return std::ranges::find(float_types, type, &std::pair<FloatType, std::string_view>::first)->second;
}
/// The type of a name of the format, or nothing if it is not a floating-point type that gradus converts.
constexpr std::optional<FloatType> float_type(std::string_view dtype) {
  for (const auto& [type, name] : float_types) {
    if (name == dtype) return type;
  }
  return std::nullopt;
}

/// Calls f with a value of the type.
template <class F>
auto with_float_type(FloatType type, F&& f) {
  if (type == FloatType::float64) return f(double{});
  if (type == FloatType::float32) return f(float{});
  if (type == FloatType::float16) return f(Eigen::half{});
  return f(Eigen::bfloat16{});
}

/// Bytes per element.
inline std::size_t size_of(FloatType type) {
  return with_float_type(type, [](auto zero) { return sizeof zero; });
}

/// Converts elements of a file. `stored` is in the byte order of files before and of the machine after.
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

/// Replaces `stored` by elements as a file holds them, rounded to nearest. A half type gets a double by way
/// of float, as in PyTorch.
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
