// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/index.hpp>

namespace gradus::detail {

/// Prefetches memory that is about to be read; does nothing on compilers other than GCC and Clang.
inline void prefetch([[maybe_unused]] const void* memory, [[maybe_unused]] Index bytes) {
#if defined(__GNUC__)
  constexpr Index cache_line = 64;
  const auto* const first = static_cast<const char*>(memory);
  for (Index i = 0; i < bytes; i += cache_line) __builtin_prefetch(first + i);
#endif
}

}  // namespace gradus::detail
