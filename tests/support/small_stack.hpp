// SPDX-License-Identifier: MIT

#pragma once

// This header requires a POSIX system.

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <exception>
#include <limits.h>
#include <pthread.h>
#include <stdexcept>
#include <sys/mman.h>
#include <type_traits>
#include <unistd.h>

/// Threads whose stack has a given size and is measured.
namespace gradus::test {

/// Memory for a stack, with a guard page below it that crashes the program when touched.
class MeasuredStack {
 public:
  explicit MeasuredStack(std::size_t size)
      : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
        size_(std::max(size, static_cast<std::size_t>(PTHREAD_STACK_MIN))) {
    void* const memory =
        mmap(nullptr, page_ + size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("no memory for a stack");
    memory_ = static_cast<unsigned char*>(memory);
    mprotect(memory_, page_, PROT_NONE);
    std::memset(bottom(), untouched, size_);
  }
  ~MeasuredStack() { munmap(memory_, page_ + size_); }
  MeasuredStack(const MeasuredStack&) = delete;
  MeasuredStack& operator=(const MeasuredStack&) = delete;

  unsigned char* bottom() const { return memory_ + page_; }
  std::size_t size() const { return size_; }
  /// Returns the number of bytes that were used. Stacks grow downwards.
  std::size_t used() const {
    const unsigned char* const end = bottom() + size_;
    return static_cast<std::size_t>(
        end - std::find_if(bottom(), bottom() + size_, [](unsigned char byte) { return byte != untouched; }));
  }

 private:
  static constexpr unsigned char untouched = 0xa5;

  std::size_t page_;
  std::size_t size_;
  unsigned char* memory_;
};

/// Runs f() in a thread with a stack of `size` bytes and returns how many it used, including those of the
/// thread library. Rethrows what f throws.
template <class F>
std::size_t run_on_stack(std::size_t size, F&& f) {
  struct Task {
    F& f;
    std::exception_ptr failure = nullptr;
  } task{f};
  const MeasuredStack stack(size);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstack(&attributes, stack.bottom(), stack.size());
  const auto body = [](void* data) -> void* {
    Task& mine = *static_cast<Task*>(data);
    try {
      mine.f();
    } catch (...) {
      mine.failure = std::current_exception();
    }
    return nullptr;
  };
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, body, &task);
  pthread_attr_destroy(&attributes);
  if (error != 0) throw std::runtime_error(std::strerror(error));
  pthread_join(thread, nullptr);
  if (task.failure) std::rethrow_exception(task.failure);
  return stack.used();
}

/// Returns the bytes of stack that f() itself uses, up to 1 MB.
template <class F>
std::size_t stack_used_by(F&& f) {
  constexpr std::size_t size = std::size_t{1} << 20;
  const std::size_t by_nothing = run_on_stack(size, [] {});
  return run_on_stack(size, f) - by_nothing;
}

}  // namespace gradus::test
