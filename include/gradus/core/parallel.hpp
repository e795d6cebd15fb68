#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradus/core/eigen.hpp>
#include <gradus/core/error.hpp>

namespace gradus {

namespace detail {

/// A call `f(part)` without its type, so that starting a job allocates nothing.
struct PartCall {
  void (*invoke)(void* f, Index part) = nullptr;
  void* f = nullptr;
};

/// Workers and the one job they may have. Whoever starts a job works on it too.
class ThreadTeam {
 public:
  explicit ThreadTeam(Index threads) {
    workers_.reserve(static_cast<std::size_t>(threads - 1));
    try {
      for (Index i = 1; i < threads; ++i) workers_.emplace_back([this] { work(); });
    } catch (...) {
      stop();
      throw;
    }
  }
  ~ThreadTeam() { stop(); }
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  Index threads() const { return static_cast<Index>(workers_.size()) + 1; }

  /// Runs all parts and returns true, or returns false at once where another job is under way.
  bool try_run(Index parts, PartCall call) {
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
    // Always the first part, so that from job to job a thread finds in its cache what it has just worked out.
    take_parts(0);
    std::exception_ptr failure = close();
    busy_.store(false, std::memory_order_release);
    if (failure) std::rethrow_exception(failure);
    return true;
  }

 private:
  // Long enough to bridge the gaps between the products of a training step, short enough to idle politely:
  // about 0.2 ms. A core that went to sleep takes a good part of that to wake.
  static constexpr int spins = 1000;

  void work() {
    unsigned seen = 0;
    for (;;) {
      for (int i = 0; i < spins && job_.load(std::memory_order_acquire) == seen; ++i)
        std::this_thread::yield();
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return job_.load(std::memory_order_relaxed) != seen; });
        seen = job_.load(std::memory_order_relaxed);
        if (stopping_) return;
        if (!open_) continue;  // woken too late: the others have done it all
        active_.fetch_add(1, std::memory_order_relaxed);
      }
      take_parts(next_.fetch_add(1, std::memory_order_relaxed));
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
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
    }
  }

  /// Lets nobody else in, and waits only for those who are: a worker still asleep costs no time.
  std::exception_ptr close() {
    {
      const std::lock_guard lock(mutex_);
      open_ = false;
    }
    for (int i = 0; i < spins && active_.load(std::memory_order_acquire) != 0; ++i) std::this_thread::yield();
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

  std::atomic<bool> busy_{false};
  std::atomic<unsigned> job_{0};  // changes when there is something new to see; the fields below say what
  std::atomic<Index> next_{0};    // the first part nobody has taken
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

}  // namespace detail

class Parallel;

/// A fixed number of threads, the caller's own among them. Movable; joins its threads when it ends.
class ThreadPool {
 public:
  /// Throws ArgumentError for threads < 1. ThreadPool(1) starts no thread.
  explicit ThreadPool(Index threads) : team_(make_team(threads)) {}

  Index threads() const { return team_->threads(); }

 private:
  friend class Parallel;

  static std::unique_ptr<detail::ThreadTeam> make_team(Index threads) {
    if (threads < 1)
      throw ArgumentError("ThreadPool: got " + std::to_string(threads) + " threads, wanted 1 or more");
    return std::make_unique<detail::ThreadTeam>(threads);
  }

  std::unique_ptr<detail::ThreadTeam> team_;
};

/// Where to run the parts of a job: a non-owning handle, passed by value, that must not outlive its pool.
/// The default one is serial.
class Parallel {
 public:
  constexpr Parallel() = default;
  Parallel(ThreadPool& pool) : team_(pool.team_.get()) {}
  /// Serial where there is no pool.
  explicit Parallel(ThreadPool* pool) : team_(pool ? pool->team_.get() : nullptr) {}

  Index threads() const { return team_ ? team_->threads() : 1; }

  /// Calls f(part) once for each part in [0, parts), in any order, and returns when all are done. Allocates
  /// nothing. An exception from f ends the job early and is rethrown here. Where the pool is busy (a call
  /// from inside a part, or from another thread) the parts run one after another in the calling thread.
  template <class F>
  void run(Index parts, F&& f) const {
    using Function = std::remove_reference_t<F>;
    if (team_ && parts > 1 && team_->threads() > 1) {
      Function* function = std::addressof(f);
      const detail::PartCall call{[](void* g, Index part) { (**static_cast<Function**>(g))(part); },
                                  &function};
      if (team_->try_run(parts, call)) return;
    }
    for (Index part = 0; part < parts; ++part) f(part);
  }

  /// Divides [0, count) into ranges of about equal size, one a part, and calls f(begin, end) for each, as run
  /// does. A range may be empty.
  template <class F>
  void run_ranges(Index parts, Index count, F&& f) const {
    run(parts, [&](Index part) { f(count * part / parts, count * (part + 1) / parts); });
  }

 private:
  detail::ThreadTeam* team_ = nullptr;
};

}  // namespace gradus
