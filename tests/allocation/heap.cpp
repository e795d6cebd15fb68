// SPDX-License-Identifier: MIT

#include "heap.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <limits>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HEAP_HAS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define HEAP_HAS_SANITIZER
#endif
#endif

#if defined(__GLIBC__) && !defined(HEAP_HAS_SANITIZER)

namespace {

constexpr long never = std::numeric_limits<long>::max();

// Constant-initialised, because the dynamic linker allocates before any constructor has run.
constinit std::atomic<long> allocation_count{0};
constinit std::atomic<long> free_count{0};
constinit std::atomic<long> until_failure{never};

/// Counts an allocation. Returns false if it is the one that must fail.
bool may_allocate() {
  allocation_count.fetch_add(1, std::memory_order_relaxed);
  if (until_failure.load(std::memory_order_relaxed) == never) return true;
  if (until_failure.fetch_sub(1, std::memory_order_relaxed) != 0) return true;
  free_count.fetch_add(1, std::memory_order_relaxed);  // a failed allocation is not live
  errno = ENOMEM;
  return false;
}

void* counted(void* memory) {
  if (memory == nullptr) free_count.fetch_add(1, std::memory_order_relaxed);
  return memory;
}

}  // namespace

// glibc's own functions, under the names that it keeps for programs that replace them.
extern "C" {
void* __libc_malloc(std::size_t size) noexcept;
void* __libc_calloc(std::size_t count, std::size_t size) noexcept;
void* __libc_realloc(void* memory, std::size_t size) noexcept;
void* __libc_memalign(std::size_t alignment, std::size_t size) noexcept;
void __libc_free(void* memory) noexcept;

void* malloc(std::size_t size) noexcept { return may_allocate() ? counted(__libc_malloc(size)) : nullptr; }
void* calloc(std::size_t count, std::size_t size) noexcept {
  return may_allocate() ? counted(__libc_calloc(count, size)) : nullptr;
}
void* realloc(void* memory, std::size_t size) noexcept {
  if (memory == nullptr) return malloc(size);
  if (!may_allocate()) return nullptr;
  void* const moved = __libc_realloc(memory, size);
  // One block is freed and one allocated, or only freed if the size is 0; a failure keeps the old block.
  free_count.fetch_add(moved == nullptr && size == 0 ? 2 : 1, std::memory_order_relaxed);
  return moved;
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  return may_allocate() ? counted(__libc_memalign(alignment, size)) : nullptr;
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept { return memalign(alignment, size); }
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
  *memory = memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}
void free(void* memory) noexcept {
  if (memory != nullptr) free_count.fetch_add(1, std::memory_order_relaxed);
  __libc_free(memory);
}
}

namespace {

void* allocate(std::size_t size) {
  if (void* const memory = malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* allocate(std::size_t size, std::align_val_t alignment) {
  if (void* const memory = memalign(static_cast<std::size_t>(alignment), size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
template <class... Alignment>
void* allocate_or_null(std::size_t size, Alignment... alignment) noexcept {
  try {
    return allocate(size, alignment...);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, std::align_val_t alignment) { return allocate(size, alignment); }
void* operator new[](std::size_t size, std::align_val_t alignment) { return allocate(size, alignment); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate_or_null(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate_or_null(size); }
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate_or_null(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate_or_null(size, alignment);
}

void operator delete(void* memory) noexcept { free(memory); }
void operator delete[](void* memory) noexcept { free(memory); }
void operator delete(void* memory, std::size_t) noexcept { free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { free(memory); }
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept { free(memory); }
void operator delete[](void* memory, std::align_val_t, const std::nothrow_t&) noexcept { free(memory); }

namespace heap {

bool is_watched() { return true; }
long allocations() { return allocation_count.load(); }
long live() { return allocation_count.load() - free_count.load(); }
void fail_after(long succeeding) { until_failure.store(succeeding); }
bool stop_failing() { return until_failure.exchange(never) < 0; }

}  // namespace heap

#else

namespace heap {

bool is_watched() { return false; }
long allocations() { return 0; }
long live() { return 0; }
void fail_after(long) {}
bool stop_failing() { return false; }

}  // namespace heap

#endif
