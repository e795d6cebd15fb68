// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdint>

#include <gradus/version.hpp>

namespace gradus::detail {

#if defined(__linux__)
// Declared under another name instead of including <sys/mman.h>, which would put its macros and functions
// into every program that includes a tensor. 14 is MADV_HUGEPAGE on every architecture.
int advise_memory(void* begin, std::size_t bytes, int advice) noexcept __asm__("madvise");
inline constexpr int use_huge_pages = 14;
#endif

/// Asks that memory not yet touched come in 2 MiB pages where Linux hands them out on request only. Tens of
/// megabytes then cost a fault each 2 MiB instead of each 4 KiB, which takes longer than filling them, and
/// random access misses the address cache less often. Elsewhere it does nothing.
inline void advise_huge_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) {
#if defined(__linux__)
  constexpr std::uintptr_t huge_page = std::uintptr_t{1} << 21;
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t first = (begin + huge_page - 1) / huge_page * huge_page;
  const std::uintptr_t last = (begin + bytes) / huge_page * huge_page;
  if (first < last) {
    advise_memory(static_cast<char*>(memory) + (first - begin), last - first, use_huge_pages);
  }
#endif
}

}  // namespace gradus::detail
