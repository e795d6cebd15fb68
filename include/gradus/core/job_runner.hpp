// SPDX-License-Identifier: MIT

#pragma once

#include <atomic>

#include <gradus/core/eigen.hpp>

namespace gradus::detail {

/// A call `f(part)` without its type, so that starting a job allocates nothing.
struct PartCall {
  void (*invoke)(void* f, Index part) = nullptr;
  void* f = nullptr;
};

/// Runs the parts of a job on several threads.
class JobRunner {
 public:
  JobRunner() = default;
  JobRunner(const JobRunner&) = delete;
  JobRunner& operator=(const JobRunner&) = delete;
  virtual ~JobRunner() = default;

  /// How many threads work on a job, the caller's own among them.
  virtual Index threads() const = 0;

  /// Runs all parts and returns true, or returns false at once if another job is running. Rethrows what a
  /// part has thrown; the parts that had not begun are left out then.
  virtual bool try_run(Index parts, PartCall call) = 0;

  /// True if the process was forked and the threads do not exist in it. Not even the destructor may run then.
  virtual bool is_left_behind() const { return false; }

  /// Destroys a runner. After a fork, it is kept in a list instead, where leak checkers find it.
  struct Delete {
    void operator()(JobRunner* runner) const {
      if (!runner->is_left_behind()) {
        delete runner;
        return;
      }
      static constinit std::atomic<JobRunner*> left_behind{nullptr};
      runner->next_left_behind_ = left_behind.exchange(runner);
    }
  };

 private:
  JobRunner* next_left_behind_ = nullptr;
};

}  // namespace gradus::detail
