// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdint>

#include <gradus/version.hpp>

namespace gradus::detail {

#if defined(__linux__)
// Declared under another name instead of including <sys/mman.h>, which would add its macros and functions to
// every program that includes a tensor. 14 is MADV_HUGEPAGE on every architecture.
int advise_memory(void* begin, std::size_t bytes, int advice) noexcept __asm__("madvise");
inline constexpr int use_huge_pages = 14;
#endif

/// Requests 2 MiB pages for memory that has not been touched yet, on Linux systems that use them only on
/// request. Faulting in tens of megabytes in 4 KiB pages takes longer than filling them; 2 MiB pages also
/// reduce TLB misses on random access. Does nothing on other systems.
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
