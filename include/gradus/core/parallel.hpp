// SPDX-License-Identifier: MIT

#pragma once

#include <memory>
#include <string>
#include <type_traits>

#include <gradus/core/eigen.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/thread_team.hpp>

namespace gradus {

class Parallel;

/// A fixed number of threads, the caller's own among them. Movable; joins its threads when it ends.
///
/// A child process after `fork` may use and destroy the pool, but has none of its workers: `threads()` is 1
/// there and jobs run in the calling thread, with the same results. A pool made in the child has workers of
/// its own.
class ThreadPool {
 public:
  /// The most threads of a pool.
  static constexpr Index max_threads = 1024;

  /// ThreadPool(1) starts no thread. Throws ArgumentError for threads outside [1, max_threads], and if the
  /// system does not start that many.
  explicit ThreadPool(Index threads) : team_(make_team(threads)) {}

  /// The number of threads, the caller's own among them.
  Index threads() const { return team_->threads(); }

 private:
  friend class Parallel;

  using Team = std::unique_ptr<detail::ThreadTeam, detail::ThreadTeam::Delete>;

  static Team make_team(Index threads) {
    if (threads < 1 || threads > max_threads)
      throw ArgumentError("ThreadPool: got " + std::to_string(threads) + " threads, expected 1 to " +
                          std::to_string(max_threads));
    return Team(new detail::ThreadTeam(threads));
  }

  Team team_;
};

/// Where to run the parts of a job: a non-owning handle, passed by value, that must not outlive its pool.
/// The default one is serial.
class Parallel {
 public:
  constexpr Parallel() = default;
  /// Runs parts on the threads of the pool.
  Parallel(ThreadPool& pool) : team_(pool.team_.get()) {}
  /// Serial where there is no pool.
  explicit Parallel(ThreadPool* pool) : team_(pool ? pool->team_.get() : nullptr) {}

  /// The number of threads that work on a job; 1 if it runs serially.
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
    // floor(count * part / parts), where count * part could overflow
    const auto begin = [=](Index part) { return count / parts * part + count % parts * part / parts; };
    run(parts, [&](Index part) { f(begin(part), begin(part + 1)); });
  }

 private:
  detail::ThreadTeam* team_ = nullptr;
};

}  // namespace gradus
