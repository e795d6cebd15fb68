// SPDX-License-Identifier: MIT

#include <memory>

#include <doctest/doctest.h>

#include <gradus/core/job_runner.hpp>

using gradus::Index;
namespace detail = gradus::detail;

namespace {

/// A runner that counts calls of its destructor.
class Runner final : public detail::JobRunner {
 public:
  Runner(int& destroyed, bool left_behind) : destroyed_(&destroyed), left_behind_(left_behind) {}
  ~Runner() override { ++*destroyed_; }
  Index threads() const override { return 1; }
  bool try_run(Index parts, detail::PartCall call) override {
    for (Index part = 0; part < parts; ++part) call.invoke(call.f, part);
    return true;
  }
  bool is_left_behind() const override { return left_behind_; }

 private:
  int* destroyed_;
  bool left_behind_;
};

}  // namespace

TEST_CASE("JobRunner::Delete: destroys a runner, except one left over from a fork") {
  int destroyed = 0;
  {
    const std::unique_ptr<detail::JobRunner, detail::JobRunner::Delete> runner(new Runner(destroyed, false));
  }
  CHECK(destroyed == 1);
  { const std::unique_ptr<detail::JobRunner, detail::JobRunner::Delete> runner(new Runner(destroyed, true)); }
  CHECK(destroyed == 1);
}
