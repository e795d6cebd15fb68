// SPDX-License-Identifier: MIT

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/fork.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/job_runner.hpp>

namespace gradus::detail {

/// Worker threads that run one job at a time. The thread that starts a job takes part in it.
class ThreadTeam final : public JobRunner {
 public:
  /// Starts the workers. Throws ArgumentError, leaving none running, if the system cannot start that many.
  ThreadTeam(Index threads, std::chrono::microseconds spin) : spin_(spin) {
    watch_forks();
    forks_ = fork_count.load(std::memory_order_relaxed);
    workers_.reserve(to_size(threads - 1));
    try {
      for (Index i = 1; i < threads; ++i) workers_.emplace_back([this] { work(); });
    } catch (const std::system_error& error) {
      const std::size_t started = workers_.size();
      stop();
      throw ArgumentError("ThreadPool: cannot start " + std::to_string(threads - 1) +
                          " worker threads, only " + std::to_string(started) +
                          " started: " + error.code().message());
    } catch (...) {
      stop();
      throw;
    }
  }
  ~ThreadTeam() override { stop(); }
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  /// Returns the number of threads: 1 in a child process, which has none of the workers.
  Index threads() const override { return is_left_behind() ? 1 : static_cast<Index>(workers_.size()) + 1; }

  /// Returns true in a child process after `fork`. Its copies of the mutex and the condition variables may be
  /// in use by workers that do not exist there, so they must not be used or even destroyed.
  bool is_left_behind() const override { return forks_ != fork_count.load(std::memory_order_relaxed); }

  /// Runs all parts and returns true. Returns false immediately if another job is running or in a child
  /// process.
  bool try_run(Index parts, PartCall call) override {
    if (is_left_behind()) return false;
    if (busy_.exchange(true, std::memory_order_acquire)) return false;
    {
      const std::lock_guard lock(mutex_);
      call_ = call;
      parts_ = parts;
      next_.store(1, std::memory_order_relaxed);
      open_ = true;
      job_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    // The caller always takes the first part, so that it finds the results of its previous job in its cache.
    take_parts(0);
    std::exception_ptr failure = close();
    busy_.store(false, std::memory_order_release);
    if (failure) std::rethrow_exception(failure);
    return true;
  }

 private:
  /// Waits until `is_done()`, at most for the spin time, and yields the processor meanwhile.
  template <class Condition>
  void spin_until(const Condition& is_done) const {
    if (is_done()) return;
    const auto end = std::chrono::steady_clock::now() + spin_;
    while (!is_done() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  }

  void work() {
    unsigned seen = 0;
    for (;;) {
      spin_until([&] { return job_.load(std::memory_order_acquire) != seen; });
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return job_.load(std::memory_order_relaxed) != seen; });
        seen = job_.load(std::memory_order_relaxed);
        if (stopping_) return;
        if (!open_) continue;  // woke up too late: the job is done
        active_.fetch_add(1, std::memory_order_relaxed);
      }
      take_parts(next_.fetch_add(1, std::memory_order_relaxed));
      if (is_left_behind()) return;  // the part has forked, and this is the child's only thread
      const std::lock_guard lock(mutex_);
      active_.fetch_sub(1, std::memory_order_release);
      idle_.notify_one();
    }
  }

  void take_parts(Index part) {
    try {
      for (; part < parts_; part = next_.fetch_add(1, std::memory_order_relaxed)) call_.invoke(call_.f, part);
    } catch (...) {
      next_.store(parts_, std::memory_order_relaxed);
      if (is_left_behind()) return;
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
    }
  }

  /// Closes the job and waits for the workers in it, but not for those that are still asleep.
  std::exception_ptr close() {
    if (is_left_behind())
      throw StateError(
          "ThreadPool: the process forked inside a job, whose remaining parts cannot complete in the child");
    {
      const std::lock_guard lock(mutex_);
      open_ = false;
    }
    spin_until([&] { return active_.load(std::memory_order_acquire) == 0; });
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [&] { return active_.load(std::memory_order_relaxed) == 0; });
    return std::exchange(failure_, nullptr);
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      job_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  std::chrono::microseconds spin_;
  unsigned forks_ = 0;  // value of fork_count in the process that owns the workers
  std::atomic<bool> busy_{false};
  std::atomic<unsigned> job_{0};  // changes with each new job, which the fields below describe
  std::atomic<Index> next_{0};    // first part that has not been taken
  std::atomic<Index> active_{0};  // workers inside the job
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  PartCall call_;
  Index parts_ = 0;
  bool open_ = false;
  bool stopping_ = false;
  std::exception_ptr failure_;
  std::vector<std::thread> workers_;
};

}  // namespace gradus::detail
