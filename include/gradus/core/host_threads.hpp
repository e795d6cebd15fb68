// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <utility>

#include <gradus/core/executor.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/job_runner.hpp>

namespace gradus::detail {

/// A JobRunner that runs jobs on an Executor, one at a time. It forwards exceptions to the caller, because
/// many thread systems terminate the program when a part throws.
class HostThreads final : public JobRunner {
 public:
  explicit HostThreads(std::shared_ptr<Executor> executor) : executor_(std::move(executor)) {}

  Index threads() const override { return std::max(executor_->threads(), Index{1}); }

  bool try_run(Index parts, PartCall call) override {
    if (busy_.exchange(true, std::memory_order_acquire)) return false;
    std::exception_ptr failure;
    std::atomic<bool> failed{false};
    auto run_part = [&](Index part) noexcept {
      if (failed.load(std::memory_order_acquire)) return;
      try {
        call.invoke(call.f, part);
      } catch (...) {
        if (!failed.exchange(true, std::memory_order_acq_rel)) failure = std::current_exception();
      }
    };
    try {
      executor_->run(parts, Job(&run_part));
    } catch (...) {
      busy_.store(false, std::memory_order_release);
      throw;
    }
    busy_.store(false, std::memory_order_release);
    if (failure) std::rethrow_exception(failure);
    return true;
  }

 private:
  std::shared_ptr<Executor> executor_;
  std::atomic<bool> busy_{false};
};

}  // namespace gradus::detail
