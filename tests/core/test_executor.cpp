// SPDX-License-Identifier: MIT

#include <array>
#include <cstddef>
#include <thread>

#include <doctest/doctest.h>

#include <gradus/core/executor.hpp>

using gradus::Index;

TEST_CASE("Job: a copy calls the same function with its part") {
  std::array<int, 3> calls{};
  auto count = [&](Index part) { ++calls.at(static_cast<std::size_t>(part)); };
  const gradus::Job job(&count), copy = job;
  job(0);
  copy(2);
  copy(2);
  CHECK(calls == std::array<int, 3>{1, 0, 2});
}

TEST_CASE("Job: threads may run different parts at the same time") {
  std::array<Index, 2> results{};
  auto square = [&](Index part) { results.at(static_cast<std::size_t>(part)) = (part + 5) * (part + 5); };
  const gradus::Job job(&square);
  std::thread other([job] { job(0); });
  job(1);
  other.join();
  CHECK(results == std::array<Index, 2>{25, 36});
}
