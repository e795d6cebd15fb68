// SPDX-License-Identifier: MIT

#if defined(__unix__) || defined(__APPLE__)

#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

#include <doctest/doctest.h>

#include <gradus/core/parallel.hpp>

#include "../support/child_process.hpp"

using gradus::ArgumentError;
using gradus::Index;
using gradus::Parallel;
using gradus::StateError;
using gradus::ThreadPool;
using gradus::test::holds_in_child;
using namespace std::chrono_literals;

namespace {

Index sum_of_parts(const Parallel& parallel, Index parts) {
  std::atomic<Index> sum{0};
  parallel.run(parts, [&](Index part) { sum += part; });
  return sum.load();
}

/// Returns a pool whose workers are asleep because they have waited longer than they spin.
std::unique_ptr<ThreadPool> sleeping_pool(Index threads) {
  auto pool = std::make_unique<ThreadPool>(threads);
  sum_of_parts(*pool, threads);
  std::this_thread::sleep_for(50ms);
  return pool;
}

}  // namespace

TEST_CASE("ThreadPool: a number outside [1, max_threads] is refused at once") {
  for (const Index threads :
       {Index{0}, Index{-1}, std::numeric_limits<Index>::min(), ThreadPool::max_threads + 1, Index{100'000},
        std::numeric_limits<Index>::max()}) {
    CAPTURE(threads);
    CHECK_THROWS_AS(ThreadPool{threads}, ArgumentError);
  }
  CHECK_THROWS_WITH(ThreadPool{100'000}, "ThreadPool: got 100000 threads, expected 1 to 1024");
}

TEST_CASE("ThreadPool: a spin time outside [0, 1 s] is refused") {
  for (const auto spin : {-1us, 1'000'001us, std::chrono::microseconds::max()})
    CHECK_THROWS_AS((ThreadPool{2, {.spin = spin}}), ArgumentError);
  CHECK_THROWS_WITH((ThreadPool{2, {.spin = -1us}}),
                    "ThreadPool: spin is -1 microseconds, expected 0 to 1000000");
}

#if defined(__linux__)
TEST_CASE("ThreadPool: idle worker threads spin for the requested time") {
  using Clock = std::chrono::steady_clock;
  // A thread that spins is runnable, even if a busy machine does not run it; one that waits is asleep.
  const auto worker_can_run = [] {
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
      std::string line;
      std::getline(std::ifstream(task.path() / "stat"), line);
      const bool is_this = task.path().filename() == std::to_string(getpid());
      if (!is_this && line.substr(line.rfind(')')).starts_with(") R")) return true;
    }
    return false;
  };
  const auto can_run_until = [&](std::chrono::microseconds spin, std::chrono::milliseconds least) {
    ThreadPool pool(2, {.spin = spin});
    sum_of_parts(pool, 2);
    std::this_thread::sleep_for(20ms);
    const auto begin = Clock::now();
    bool can_run = true;
    while (Clock::now() - begin < least && (can_run = worker_can_run())) std::this_thread::sleep_for(1ms);
    return can_run;
  };
  CHECK(can_run_until(1s, 300ms));
  CHECK_FALSE(can_run_until(0us, 10s));
  CHECK_FALSE(can_run_until(10ms, 10s));
}
#endif

#if defined(__linux__)
TEST_CASE("ThreadPool: if the system starts too few threads, an error says so and none remain") {
  if (gradus::test::is_sanitized) return;  // sanitizers need the address space
  CHECK(holds_in_child([] {
    // Room for only a few stacks, whose size is the stack limit.
    const rlimit stack{1 << 24, 1 << 24}, memory{1 << 28, 1 << 28};
    setrlimit(RLIMIT_STACK, &stack);
    setrlimit(RLIMIT_AS, &memory);
    bool refused = false;
    try {
      ThreadPool pool(500);
    } catch (const ArgumentError& error) {
      refused = std::string(error.what()).starts_with("ThreadPool: cannot start 499 worker threads, only ");
    }
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return refused && std::distance(begin(tasks), end(tasks)) == 1 && ThreadPool(2).threads() == 2;
  }));
}
#endif

TEST_CASE("ThreadPool: a child process can destroy a pool whose workers slept") {
  for (const Index threads : {1, 2, 5}) {
    auto pool = sleeping_pool(threads);
    CHECK(holds_in_child([&] {
      pool.reset();
      return true;
    }));
    CHECK(sum_of_parts(*pool, 10) == 45);
  }
}

TEST_CASE("ThreadPool: a child process runs an inherited pool serially, and its own pool with workers") {
  if (gradus::test::is_sanitized) return;  // some sanitizers start no threads in a child
  auto pool = sleeping_pool(3);
  CHECK(holds_in_child([&] {
    if (pool->threads() != 1 || Parallel(*pool).threads() != 1) return false;
    bool mine = true;
    const std::thread::id self = std::this_thread::get_id();
    Parallel(*pool).run(5, [&](Index) { mine = mine && std::this_thread::get_id() == self; });
    if (!mine || sum_of_parts(*pool, 10) != 45) return false;
    *pool = ThreadPool(3);
    return pool->threads() == 3 && sum_of_parts(*pool, 10) == 45 &&
           holds_in_child([&] { return pool->threads() == 1 && sum_of_parts(*pool, 10) == 45; });
  }));
  CHECK(pool->threads() == 3);
  CHECK(sum_of_parts(*pool, 10) == 45);
}

TEST_CASE("ThreadPool: a child process forked during a job is not blocked by it") {
  auto pool = std::make_unique<ThreadPool>(2);
  std::atomic<bool> started{false}, release{false};
  std::thread other([&] {
    Parallel(*pool).run(2, [&](Index) {
      started = true;
      while (!release) std::this_thread::yield();
    });
  });
  while (!started) std::this_thread::yield();
  CHECK(holds_in_child([&] {
    const bool works = sum_of_parts(*pool, 10) == 45;
    pool.reset();
    return works;
  }));
  release = true;
  other.join();
  CHECK(sum_of_parts(*pool, 10) == 45);
}

TEST_CASE("ThreadPool: a child process forked inside a part gets an error that the job is lost") {
  for (const bool in_worker : {false, true}) {
    if (in_worker && gradus::test::is_sanitized) continue;  // reports leaks without the main thread
    std::fflush(nullptr);                                   // the child may end by exit()
    ThreadPool pool(2);
    const pid_t parent = getpid();
    const std::thread::id self = std::this_thread::get_id();
    std::atomic<pid_t> child{-1};
    try {
      Parallel(pool).run(2, [&](Index) {
        if ((std::this_thread::get_id() == self) == in_worker) {
          while (child == -1) std::this_thread::yield();  // leaves the other part to the worker
        } else if (child == -1) {
          child = fork();
          if (child == 0) alarm(10);
        }
      });
    } catch (const StateError&) {
      if (getpid() != parent) _exit(0);
    }
    if (getpid() != parent) _exit(1);
    int status = -1;
    waitpid(child, &status, 0);
    CHECK(status == 0);  // a child forked from a worker ends with its part
    CHECK(sum_of_parts(pool, 10) == 45);
  }
}

#endif
