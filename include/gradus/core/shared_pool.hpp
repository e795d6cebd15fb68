// SPDX-License-Identifier: MIT

#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include <gradus/core/fork.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/parallel.hpp>

namespace gradus::detail {

/// A pointer to a thread pool that one thread may replace while others start passes with it. The caller of a
/// pass holds the result of `workers()` until the pass ends, so a pool that is replaced meanwhile is
/// destroyed only then.
class SharedPool {
 public:
  SharedPool() = default;
  SharedPool(const SharedPool& other) { set(other.get()); }
  SharedPool(SharedPool&& other) noexcept { set(other.exchange(nullptr)); }
  SharedPool& operator=(const SharedPool& other) {
    if (this != &other) set(other.get());
    return *this;
  }
  SharedPool& operator=(SharedPool&& other) noexcept {
    if (this != &other) set(other.exchange(nullptr));
    return *this;
  }
  ~SharedPool() = default;

  std::shared_ptr<ThreadPool> get() const {
    if (threads_.load(std::memory_order_acquire) == 0) return nullptr;
    const std::lock_guard lock(pool_mutex);
    return pool_;
  }
  /// Returns the pool, or null if it has no worker threads. In that case it takes no lock, so threads that
  /// predict with one small network do not wait for each other.
  std::shared_ptr<ThreadPool> workers() const {
    return threads_.load(std::memory_order_acquire) > 1 ? get() : nullptr;
  }
  void set(std::shared_ptr<ThreadPool> pool) { exchange(std::move(pool)); }

 private:
  /// Returns the previous pool, so that its threads are joined outside the lock. Takes no lock until there is
  /// a pool, so `fork` need not wait for the mutex before that.
  std::shared_ptr<ThreadPool> exchange(std::shared_ptr<ThreadPool> pool) {
    const Index threads = pool ? pool->threads() : 0;
    if (threads == 0 && threads_.load(std::memory_order_acquire) == 0) return nullptr;
    const std::lock_guard lock(pool_mutex);
    threads_.store(threads, std::memory_order_release);
    pool_.swap(pool);
    return pool;
  }

  std::shared_ptr<ThreadPool> pool_;
  std::atomic<Index> threads_{0};  // 0 without a pool
};

}  // namespace gradus::detail
