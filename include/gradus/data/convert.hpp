// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include <gradus/core/index.hpp>
#include <gradus/core/simd/dispatch.hpp>
#include <gradus/core/simd/pack.hpp>

namespace gradus::detail {

/// A kernel that computes out = in / divisor for bytes.
struct DivideBytes {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(const std::uint8_t* in, S* out, Index count, S divisor) {
    // gcc vectorises this at -O2 because each block has a constant length and is read in full before it is
    // written. gcc 12 compiles __builtin_convertvector from bytes to scalar code.
    constexpr Index block = std::max(2 * Isa::template lanes<float>, 16);
    Index i = 0;
    for (; i + block <= count; i += block) {
      std::uint8_t bytes[block];
      __builtin_memcpy(bytes, in + i, block);
      for (Index k = 0; k < block; ++k) out[i + k] = static_cast<S>(bytes[k]) / divisor;
    }
    for (; i < count; ++i) out[i] = static_cast<S>(in[i]) / divisor;
  }
};

/// Divides `count` elements with the rounding of PyTorch's `x.float() / divisor`. Multiplying by 1 / divisor
/// would differ in the last bits.
template <class Element, std::floating_point Scalar>
void convert(const Element* in, Scalar* out, Index count, Scalar divisor) {
  if constexpr (std::is_same_v<Element, std::uint8_t>)
    simd::dispatch<DivideBytes>(in, out, count, divisor);
  else
    for (Index i = 0; i < count; ++i) out[i] = static_cast<Scalar>(in[i]) / divisor;
}

}  // namespace gradus::detail
