// SPDX-License-Identifier: MIT

#include <initializer_list>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#ifdef __linux__
#include <sched.h>
#endif

#include "../../examples/support/cores.hpp"

namespace {

using support::Cores;
using support::find_shortage;
using support::ThreadsOnCores;

ThreadsOnCores process(gradus::Index threads, std::initializer_list<std::size_t> bound_to) {
  ThreadsOnCores made{threads};
  for (const std::size_t core : bound_to) made.cores.set(core);
  return made;
}

}  // namespace

TEST_CASE("find_shortage: processes that share all cores") {
  CHECK_FALSE(find_shortage({process(1, {0, 1}), process(1, {0, 1})}));
  const auto shortage = find_shortage({process(2, {0, 1}), process(1, {0, 1})});
  REQUIRE(shortage);
  CHECK(to_string(*shortage) ==
        "warning: 2 processes with 3 threads on 2 cores: they will wait for each other");
}

TEST_CASE("find_shortage: a process bound to a core has that core and no other") {
  CHECK_FALSE(find_shortage({process(1, {0}), process(1, {1})}));
  const auto several_threads = find_shortage({process(1, {0}), process(2, {1})});
  REQUIRE(several_threads);
  CHECK(several_threads->processes == 2);
  CHECK(several_threads->cores == 2);
  // 4 cores are enough for 3 threads, but two of them are bound to the same one.
  const auto same_core = find_shortage({process(1, {3}), process(1, {0, 1, 2, 3}), process(1, {3})});
  REQUIRE(same_core);
  CHECK(same_core->processes == 2);
  CHECK(to_string(*same_core) ==
        "warning: 2 processes with 2 threads on 1 core: they will wait for each other");
}

TEST_CASE("find_shortage: a process bound to a socket leaves the cores of the other one") {
  CHECK_FALSE(find_shortage({process(2, {0, 1}), process(2, {2, 3})}));
  CHECK(find_shortage({process(1, {0, 1}), process(3, {2, 3})}));
  CHECK(find_shortage({process(1, {0, 1}), process(1, {0}), process(1, {1}), process(1, {2, 3})})->cores ==
        2);
}

TEST_CASE("find_shortage: nothing is known without processes or cores") {
  CHECK_FALSE(find_shortage({}));
  CHECK_FALSE(find_shortage({process(4, {})}));
}

TEST_CASE("own_cores: are those that this process is bound to") {
  const Cores all = support::own_cores();
  CHECK(all.any());
#ifdef __linux__
  Cores in_thread;
  std::size_t first = 0;
  while (!all[first]) ++first;
  std::thread([&] {  // which leaves the binding of the other threads as it is
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    if (sched_setaffinity(0, sizeof one, &one) == 0) in_thread = support::own_cores();
  })
      .join();
  CHECK(in_thread == Cores().set(first));
#endif
}
