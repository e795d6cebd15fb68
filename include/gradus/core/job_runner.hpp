// SPDX-License-Identifier: MIT

#pragma once

#include <atomic>

#include <gradus/core/index.hpp>

namespace gradus::detail {

/// A type-erased call `f(part)`, so that starting a job allocates nothing.
struct PartCall {
  void (*invoke)(void* f, Index part) = nullptr;
  void* f = nullptr;
};

/// The interface of objects that run the parts of a job on several threads.
class JobRunner {
 public:
  JobRunner() = default;
  JobRunner(const JobRunner&) = delete;
  JobRunner& operator=(const JobRunner&) = delete;
  virtual ~JobRunner() = default;

  /// Returns how many threads work on a job, including the caller's.
  virtual Index threads() const = 0;

  /// Runs all parts and returns true, or returns false immediately if another job is running. Rethrows the
  /// first exception of a part; parts that have not started by then are skipped.
  virtual bool try_run(Index parts, PartCall call) = 0;

  /// Returns true in a forked child, where the threads do not exist. Even the destructor must not run there.
  virtual bool is_left_behind() const { return false; }

  /// Deletes a runner. After a fork, links it into a list instead, so that leak checkers still find it.
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
