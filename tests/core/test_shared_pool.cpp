// SPDX-License-Identifier: MIT

#include <memory>
#include <utility>

#include <doctest/doctest.h>

#include <gradus/core/shared_pool.hpp>

using gradus::ThreadPool;
using gradus::detail::SharedPool;

TEST_CASE("SharedPool: keeps its pool and passes it on only if it has workers") {
  SharedPool pool;
  CHECK(pool.get() == nullptr);
  CHECK(pool.workers() == nullptr);
  const auto alone = std::make_shared<ThreadPool>(1), team = std::make_shared<ThreadPool>(2);
  pool.set(alone);
  CHECK(pool.get() == alone);
  CHECK(pool.workers() == nullptr);
  pool.set(team);
  CHECK(pool.get() == team);
  CHECK(pool.workers() == team);
  pool.set(nullptr);
  CHECK(pool.get() == nullptr);
  CHECK(pool.workers() == nullptr);
  CHECK(alone.use_count() == 1);
  CHECK(team.use_count() == 1);
}

TEST_CASE("SharedPool: copies share the pool, moves leave none behind") {
  const auto team = std::make_shared<ThreadPool>(2);
  SharedPool first;
  first.set(team);
  SharedPool second = first;
  CHECK(first.workers() == team);
  CHECK(second.workers() == team);
  SharedPool third = std::move(second);
  CHECK(second.get() == nullptr);
  CHECK(second.workers() == nullptr);
  CHECK(third.workers() == team);
  second = third;
  third = std::move(first);
  CHECK(first.workers() == nullptr);
  CHECK(second.workers() == team);
  SharedPool& same = third;
  third = same;
  third = std::move(same);
  CHECK(third.workers() == team);
  CHECK(team.use_count() == 3);
}
