// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>

#include <gradus/version.hpp>

namespace gradus {

/// An element type supported by both tensors and safetensors files. Excludes `long double`, which the format
/// lacks, and character types, whose sign or size depends on the platform.
template <class T>
concept SafetensorsScalar = std::same_as<T, bool> || std::same_as<T, float> || std::same_as<T, double> ||
    std::same_as<T, signed char> || std::same_as<T, short> || std::same_as<T, int> || std::same_as<T, long> ||
    std::same_as<T, long long> || std::same_as<T, unsigned char> || std::same_as<T, unsigned short> ||
    std::same_as<T, unsigned int> || std::same_as<T, unsigned long> || std::same_as<T, unsigned long long>;

namespace detail {

/// Returns the format's name for a scalar type.
template <class Scalar>
constexpr const char* safetensors_dtype() {
  static_assert(SafetensorsScalar<Scalar>, "the safetensors format has no type for this scalar");
  if constexpr (std::is_same_v<Scalar, bool>) {
    static_assert(sizeof(Scalar) == 1);
    return "BOOL";
  } else if constexpr (std::is_floating_point_v<Scalar>) {
    static_assert(std::numeric_limits<Scalar>::is_iec559);
    return sizeof(Scalar) == 4 ? "F32" : "F64";
  } else {
    constexpr std::array<const char*, 9> names =
        std::is_signed_v<Scalar> ? std::array<const char*, 9>{"", "I8", "I16", "", "I32", "", "", "", "I64"}
                                 : std::array<const char*, 9>{"", "U8", "U16", "", "U32", "", "", "", "U64"};
    return names[sizeof(Scalar)];
  }
}

/// Returns the bits per element, or 0 for an unknown type.
inline std::uint64_t safetensors_bits(std::string_view dtype) {
  struct Type {
    std::string_view name;
    std::uint64_t bits;
  };
  constexpr std::array types{Type{"F4", 4},      Type{"F6_E2M3", 6}, Type{"F6_E3M2", 6}, Type{"BOOL", 8},
                             Type{"U8", 8},      Type{"I8", 8},      Type{"F8_E4M3", 8}, Type{"F8_E5M2", 8},
                             Type{"F8_E8M0", 8}, Type{"I16", 16},    Type{"U16", 16},    Type{"F16", 16},
                             Type{"BF16", 16},   Type{"I32", 32},    Type{"U32", 32},    Type{"F32", 32},
                             Type{"I64", 64},    Type{"U64", 64},    Type{"F64", 64},    Type{"C64", 64}};
  const auto* const found = std::ranges::find(types, dtype, &Type::name);
  return found == types.end() ? 0 : found->bits;
}

}  // namespace detail

}  // namespace gradus
