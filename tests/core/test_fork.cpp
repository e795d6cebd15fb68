// SPDX-License-Identifier: MIT

#if defined(__unix__) || defined(__APPLE__)

#include <doctest/doctest.h>

#include <gradus/core/fork.hpp>

#include "../support/child_process.hpp"

using gradus::detail::fork_count;
using gradus::detail::pool_mutex;
using gradus::test::holds_in_child;

TEST_CASE("fork_count: counts forks in child processes, and in their children") {
  gradus::detail::watch_forks();
  gradus::detail::watch_forks();
  const unsigned here = fork_count.load();
  CHECK(holds_in_child([&] {
    return fork_count.load() == here + 1 && holds_in_child([&] { return fork_count.load() == here + 2; });
  }));
  CHECK(fork_count.load() == here);
}

TEST_CASE("fork: the mutex of the pools is unlocked in the parent and in the child") {
  gradus::detail::watch_forks();
  const auto is_free = [] {
    if (!pool_mutex.try_lock()) return false;
    pool_mutex.unlock();
    return true;
  };
  CHECK(holds_in_child(is_free));
  CHECK(is_free());
}

#endif
