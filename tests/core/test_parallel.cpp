// SPDX-License-Identifier: MIT

#include <algorithm>
#include <atomic>
#include <limits>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/parallel.hpp>

using gradus::Index;
using gradus::Parallel;
using gradus::ThreadPool;

namespace {

/// Returns how often each part was run.
std::vector<int> count_parts(const Parallel& parallel, Index parts) {
  std::vector<std::atomic<int>> counts(static_cast<std::size_t>(parts));
  parallel.run(parts, [&](Index part) { ++counts[static_cast<std::size_t>(part)]; });
  return {counts.begin(), counts.end()};
}

}  // namespace

TEST_SUITE("parallel") {
  TEST_CASE("Parallel: every part runs exactly once, whatever the number of threads") {
    for (const Index threads : {1, 2, 3, 8}) {
      ThreadPool pool(threads);
      CHECK(pool.threads() == threads);
      for (const Index parts : {0, 1, 2, 7, 100})
        CHECK(count_parts(pool, parts) == std::vector<int>(static_cast<std::size_t>(parts), 1));
    }
  }

  TEST_CASE("Parallel: ranges are contiguous, whatever the number of threads") {
    for (const Index threads : {1, 3}) {
      ThreadPool pool(threads);
      for (const Index parts : {1, 2, 7})
        for (const Index count : {0, 1, 5, 100}) {
          std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
          std::atomic<Index> ranges{0}, longest{0}, shortest{count};
          Parallel(pool).run_ranges(parts, count, [&](Index begin, Index end) {
            ++ranges;
            for (Index i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
            if (end - begin > longest) longest = end - begin;
            if (end - begin < shortest) shortest = end - begin;
          });
          CHECK(ranges.load() == parts);
          CHECK(std::ranges::all_of(visits, [](const auto& visited) { return visited.load() == 1; }));
          if (threads == 1) CHECK(longest.load() - shortest.load() <= 1);
        }
    }
  }

  TEST_CASE("Parallel: the default handle runs parts in order in the calling thread") {
    const Parallel serial;
    CHECK(serial.threads() == 1);
    std::vector<Index> order;
    serial.run(4, [&](Index part) { order.push_back(part); });
    CHECK(order == std::vector<Index>{0, 1, 2, 3});
  }

  TEST_CASE("Parallel: the threads of a pool work at the same time") {
    ThreadPool pool(3);
    std::atomic<int> arrived{0};
    // Each part waits for the other two, so with fewer than three threads this would never end.
    Parallel(pool).run(3, [&](Index) {
      ++arrived;
      while (arrived.load() < 3) std::this_thread::yield();
    });
    CHECK(arrived.load() == 3);
  }

  TEST_CASE("Parallel: many short jobs in succession run every part") {
    ThreadPool pool(4);
    const Parallel parallel(pool);
    Index total = 0;
    for (int round = 0; round < 2000; ++round) {
      std::atomic<Index> sum{0};
      parallel.run(5, [&](Index part) { sum += part; });
      total += sum.load();
    }
    CHECK(total == 2000 * 10);
  }

  TEST_CASE("Parallel: an exception reaches the caller and the pool stays usable") {
    ThreadPool pool(3);
    const Parallel parallel(pool);
    for (Index bad = 0; bad < 8; ++bad)
      CHECK_THROWS_WITH_AS(parallel.run(8,
                                        [&](Index part) {
                                          if (part == bad) throw std::runtime_error("part failed");
                                        }),
                           "part failed", std::runtime_error);
    CHECK_THROWS_AS(parallel.run(8, [](Index) { throw std::runtime_error("all fail"); }), std::runtime_error);
    CHECK(count_parts(parallel, 9) == std::vector<int>(9, 1));
  }

  TEST_CASE("Parallel: a nested run is serial in the thread that requests it") {
    ThreadPool pool(3);
    const Parallel parallel(pool);
    std::atomic<int> inner{0}, strangers{0};
    parallel.run(6, [&](Index) {
      const std::thread::id self = std::this_thread::get_id();
      parallel.run(5, [&](Index) {
        ++inner;
        if (std::this_thread::get_id() != self) ++strangers;
      });
    });
    CHECK(inner.load() == 30);
    CHECK(strangers.load() == 0);
  }

  TEST_CASE("Parallel: a pool that is busy with another thread's job does not block") {
    ThreadPool pool(2);
    std::atomic<bool> started{false}, release{false};
    std::thread other([&] {
      Parallel(pool).run(2, [&](Index) {
        started = true;
        while (!release) std::this_thread::yield();
      });
    });
    while (!started) std::this_thread::yield();
    CHECK(count_parts(pool, 10) == std::vector<int>(10, 1));  // would hang here if it waited for its turn
    release = true;
    other.join();
  }

  TEST_CASE("Parallel: several users share one pool") {
    ThreadPool pool(3);
    std::atomic<Index> sum{0};
    std::vector<std::thread> users;
    for (int user = 0; user < 4; ++user)
      users.emplace_back([&] {
        for (int round = 0; round < 200; ++round) Parallel(pool).run(4, [&](Index part) { sum += part; });
      });
    for (std::thread& user : users) user.join();
    CHECK(sum.load() == 4 * 200 * 6);
  }

  TEST_CASE("Parallel: a pool can be moved, and earlier handles stay valid") {
    ThreadPool first(2);
    const Parallel parallel(first);
    const ThreadPool second = std::move(first);
    CHECK(second.threads() == 2);
    CHECK(count_parts(parallel, 3) == std::vector<int>(3, 1));
  }

  TEST_CASE("Parallel: zero threads are an error") {
    CHECK_THROWS_AS(ThreadPool(0), gradus::ArgumentError);
    CHECK_THROWS_AS(ThreadPool(-1), gradus::ArgumentError);
  }

  TEST_CASE("Parallel: ranges cover a count so large that count * parts overflows") {
    constexpr Index most = std::numeric_limits<Index>::max();
    const Parallel serial;
    Index next = 0;
    serial.run_ranges(7, most, [&](Index begin, Index end) {
      CHECK(begin == next);
      CHECK(end - begin <= most / 7 + 1);
      next = end;
    });
    CHECK(next == most);
    CHECK_THROWS_AS(ThreadPool{most}, gradus::ArgumentError);
  }
}
