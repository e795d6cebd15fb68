// SPDX-License-Identifier: MIT

#pragma once

#include <atomic>
#include <mutex>
#include <new>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

#include <gradus/version.hpp>

/// Support for `fork`. The child process has a copy of the calling thread only; the other threads are gone,
/// and a mutex that one of them held is never released.

namespace gradus::detail {

/// The number of `fork` calls between the first process and this one. Threads that were started at another
/// count do not exist in this process.
inline constinit std::atomic<unsigned> fork_count{0};

/// Guards the thread pool pointers of all networks. There is a single mutex, so that `fork` can wait until it
/// is free. It is held for only a few instructions, and only by networks that have a thread pool.
inline constinit std::mutex pool_mutex;

/// Keeps `fork_count` and `pool_mutex` correct in future child processes. Throws std::bad_alloc.
inline void watch_forks() {
#if defined(__unix__) || defined(__APPLE__)
  static const bool is_watching = [] {
    const auto before = [] { pool_mutex.lock(); };
    const auto in_parent = [] { pool_mutex.unlock(); };
    const auto in_child = [] {
      fork_count.fetch_add(1, std::memory_order_relaxed);
      pool_mutex.unlock();
    };
    if (pthread_atfork(before, in_parent, in_child) != 0) throw std::bad_alloc();
    return true;
  }();
  static_cast<void>(is_watching);
#endif
}

}  // namespace gradus::detail
