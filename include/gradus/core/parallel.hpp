// SPDX-License-Identifier: MIT

#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <gradus/core/error.hpp>
#include <gradus/core/executor.hpp>
#include <gradus/core/host_threads.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/job_runner.hpp>
#include <gradus/core/thread_team.hpp>

namespace gradus {

class Parallel;

/// How the workers of a ThreadPool wait.
struct ThreadPoolOptions {
  /// How long an idle worker polls for the next job before it sleeps, from 0 to one second. While polling it
  /// yields the processor to other threads. The default of 0.2 ms covers the gaps between the products of a
  /// training step; waking a sleeping core takes much of that time.
  std::chrono::microseconds spin{200};
};

/// A fixed number of threads, including the caller's. Movable; joins its threads on destruction.
///
/// A child process after `fork` may use and destroy the pool but has none of its workers: there, `threads()`
/// is 1 and jobs run in the calling thread, with the same results. A pool created in the child has its own
/// workers.
class ThreadPool {
 public:
  /// The largest number of threads in a pool.
  static constexpr Index max_threads = 1024;

  /// Starts `threads - 1` workers. Throws ArgumentError if `threads` is outside [1, max_threads], if `spin`
  /// is outside [0, 1 s], or if the system cannot start that many.
  explicit ThreadPool(Index threads, const ThreadPoolOptions& options = {})
      : runner_(make_team(threads, options)) {}

  /// Starts no threads; runs jobs on the host program's executor. Throws ArgumentError if it is null.
  explicit ThreadPool(std::shared_ptr<Executor> executor) : runner_(make_host_threads(std::move(executor))) {}

  /// Returns the number of threads, including the caller's.
  Index threads() const { return runner_->threads(); }

 private:
  friend class Parallel;

  using Runner = std::unique_ptr<detail::JobRunner, detail::JobRunner::Delete>;

  static Runner make_team(Index threads, const ThreadPoolOptions& options) {
    if (threads < 1 || threads > max_threads)
      throw ArgumentError("ThreadPool: got " + std::to_string(threads) + " threads, expected 1 to " +
                          std::to_string(max_threads));
    if (options.spin < std::chrono::seconds(0) || options.spin > std::chrono::seconds(1))
      throw ArgumentError("ThreadPool: spin is " + std::to_string(options.spin.count()) +
                          " microseconds, expected 0 to 1000000");
    return Runner(new detail::ThreadTeam(threads, options.spin));
  }

  static Runner make_host_threads(std::shared_ptr<Executor> executor) {
    if (!executor) throw ArgumentError("ThreadPool: the executor is null, expected an object");
    return Runner(new detail::HostThreads(std::move(executor)));
  }

  Runner runner_;
};

/// A non-owning handle that decides where the parts of a job run. Passed by value; must not outlive its pool.
/// Serial by default.
class Parallel {
 public:
  constexpr Parallel() = default;
  /// Runs parts on the threads of the pool.
  Parallel(ThreadPool& pool) : runner_(pool.runner_.get()) {}
  /// Runs serially if `pool` is null.
  explicit Parallel(ThreadPool* pool) : runner_(pool ? pool->runner_.get() : nullptr) {}

  /// Returns the number of threads that work on a job, 1 if it runs serially.
  Index threads() const { return runner_ ? runner_->threads() : 1; }

  /// Calls f(part) once for each part in [0, parts), in any order, and returns when all are done. Allocates
  /// nothing. An exception from f ends the job early and is rethrown here. If the pool is busy (a nested
  /// call, or one from another thread), the parts run one after another in the calling thread.
  template <class F>
  void run(Index parts, F&& f) const {
    using Function = std::remove_reference_t<F>;
    if (runner_ && parts > 1 && runner_->threads() > 1) {
      Function* function = std::addressof(f);
      const detail::PartCall call{[](void* g, Index part) { (**static_cast<Function**>(g))(part); },
                                  &function};
      if (runner_->try_run(parts, call)) return;
    }
    for (Index part = 0; part < parts; ++part) f(part);
  }

  /// Divides [0, count) into `parts` ranges of about equal size, some possibly empty, and calls f(begin, end)
  /// for each, as `run` does.
  template <class F>
  void run_ranges(Index parts, Index count, F&& f) const {
    // floor(count * part / parts), without the overflow of count * part
    const auto begin = [=](Index part) { return count / parts * part + count % parts * part / parts; };
    run(parts, [&](Index part) { f(begin(part), begin(part + 1)); });
  }

 private:
  detail::JobRunner* runner_ = nullptr;
};

}  // namespace gradus
