// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/index.hpp>

namespace gradus {

/// A job of several parts, as passed to an Executor. Copying it copies two pointers. No copy may be called
/// after Executor::run has returned.
class Job {
 public:
  /// Wraps `(*function)(part)`, which must not throw.
  template <class F>
  explicit Job(F* function)
      : invoke_([](void* f, Index part) { (*static_cast<F*>(f))(part); }), function_(function) {}

  /// Runs one part. Different threads may run different parts at the same time.
  void operator()(Index part) const noexcept { invoke_(function_, part); }

 private:
  void (*invoke_)(void*, Index);
  void* function_;
};

/// Threads of the host program (TBB, OpenMP, a job system) on which the library runs its jobs instead of
/// starting threads itself:
///
///     struct OpenMp final : gradus::Executor {
///       gradus::Index threads() const override { return omp_get_max_threads(); }
///       void run(gradus::Index parts, gradus::Job job) override {
///     #pragma omp parallel for
///         for (gradus::Index part = 0; part < parts; ++part) job(part);
///       }
///     };
///     net.set_thread_pool(std::make_shared<gradus::ThreadPool>(std::make_shared<OpenMp>()));
class Executor {
 public:
  virtual ~Executor() = default;

  /// Returns how many parts may run at the same time, at least 1. Large jobs are split into about this many.
  virtual Index threads() const = 0;

  /// Calls job(part) once for each part in [0, parts), on any threads in any order, and returns when all
  /// calls have returned. Several threads may call it at the same time if networks share the executor.
  virtual void run(Index parts, Job job) = 0;
};

}  // namespace gradus
