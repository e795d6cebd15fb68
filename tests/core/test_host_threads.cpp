// SPDX-License-Identifier: MIT

#include <atomic>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/core/executor.hpp>
#include <gradus/core/parallel.hpp>

using gradus::ArgumentError;
using gradus::Index;
using gradus::Job;
using gradus::Parallel;
using gradus::ThreadPool;

namespace {

/// An executor that starts a thread for each part: the simplest possible host program.
struct ThreadForEachPart final : gradus::Executor {
  explicit ThreadForEachPart(Index threads) : count(threads) {}

  Index threads() const override { return count; }
  void run(Index parts, Job job) override {
    ++jobs;
    std::vector<std::thread> started;
    for (Index part = 0; part < parts; ++part) started.emplace_back([=] { job(part); });
    for (std::thread& thread : started) thread.join();
  }

  Index count;
  int jobs = 0;
};

struct Failing final : gradus::Executor {
  Index threads() const override { return 2; }
  void run(Index, Job) override { throw std::runtime_error("no threads left"); }
};

}  // namespace

TEST_CASE("ThreadPool: runs every part once on threads of the host program") {
  const auto executor = std::make_shared<ThreadForEachPart>(3);
  ThreadPool pool(executor);
  CHECK(pool.threads() == 3);
  std::vector<std::atomic<int>> counts(7);
  std::atomic<bool> on_caller{false};
  const auto caller = std::this_thread::get_id();
  Parallel(pool).run(7, [&](Index part) {
    ++counts.at(static_cast<std::size_t>(part));
    if (std::this_thread::get_id() == caller) on_caller = true;
  });
  for (const auto& count : counts) CHECK(count.load() == 1);
  CHECK_FALSE(on_caller.load());
  CHECK(executor->jobs == 1);
}

TEST_CASE("ThreadPool: an executor without threads runs serially") {
  const auto executor = std::make_shared<ThreadForEachPart>(0);
  ThreadPool pool(executor);
  CHECK(pool.threads() == 1);
  int sum = 0;
  Parallel(pool).run(3, [&](Index part) { sum += static_cast<int>(part); });
  CHECK(sum == 3);
  CHECK(executor->jobs == 0);
}

TEST_CASE("ThreadPool: an exception in a part on threads of the host program reaches the caller") {
  ThreadPool pool(std::make_shared<ThreadForEachPart>(2));
  std::atomic<int> sum{0};
  const auto run = [&](Index bad) {
    Parallel(pool).run(4, [&](Index part) {
      if (part == bad) throw std::runtime_error("part 2");
      ++sum;
    });
  };
  CHECK_THROWS_WITH_AS(run(2), "part 2", std::runtime_error);
  sum = 0;
  run(-1);
  CHECK(sum.load() == 4);
}

TEST_CASE("ThreadPool: an exception of the executor itself reaches the caller on any thread") {
  ThreadPool pool(std::make_shared<Failing>());
  for (int repeat = 0; repeat < 2; ++repeat)
    CHECK_THROWS_WITH_AS(Parallel(pool).run(2, [](Index) {}), "no threads left", std::runtime_error);
}

TEST_CASE("ThreadPool: a nested job on threads of the host program runs serially") {
  const auto executor = std::make_shared<ThreadForEachPart>(2);
  ThreadPool pool(executor);
  std::atomic<int> inner{0};
  Parallel(pool).run(2, [&](Index) { Parallel(pool).run(3, [&](Index) { ++inner; }); });
  CHECK(inner.load() == 6);
  CHECK(executor->jobs == 1);
}

TEST_CASE("ThreadPool: a null executor is an error") {
  CHECK_THROWS_WITH_AS(ThreadPool(std::shared_ptr<gradus::Executor>()),
                       "ThreadPool: the executor is null, expected an object", ArgumentError);
}
