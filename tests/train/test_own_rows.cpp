// SPDX-License-Identifier: MIT

#include <mutex>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/data/loader.hpp>
#include <gradus/train/own_rows.hpp>

#include "../support/thread_group.hpp"
#include "toy_problems.hpp"

using gradus::Generator;
using gradus::Index;
using gradus::Part;
using gradus::ProcessGroup;
using gradus::detail::own_rows;
using gradus::test::bright_pixels;
using gradus::test::ThreadGroup;

TEST_CASE("own_rows: selects the same rows from a whole batch as a loader of parts produces") {
  const auto data = bright_pixels(7);
  std::mutex mutex;
  ThreadGroup::run(3, [&](ProcessGroup& group) {
    gradus::Loader whole(data, {.batch_size = 5});
    gradus::Loader part(data, {.batch_size = 5, .part = group.part()});
    Generator a(3), b(3);
    auto divided = whole.training_epoch(a);
    auto made = part.training_epoch(b);
    auto first = divided.begin();
    auto second = made.begin();
    const std::lock_guard lock(mutex);
    for (Index number = 0; number < 2; ++number, ++first, ++second) {
      const auto one = own_rows<float>(whole, *first, number, &group);
      const auto two = own_rows<float>(part, *second, number, &group);
      CHECK(one.shared.rows == (number == 0 ? 5 : 2));
      CHECK(two.shared.rows == one.shared.rows);
      CHECK(two.shared.first == one.shared.first);
      REQUIRE(one.size() == two.size());
      CHECK(std::ranges::equal(one.labels, two.labels));
      CHECK((one.x.array() == two.x.array()).all());
    }
  });
}

TEST_CASE("own_rows: without other processes, returns the whole batch") {
  const auto data = bright_pixels(4);
  gradus::Loader loader(data, {.batch_size = 3});
  for (const auto& batch : loader.evaluation_epoch()) {
    const auto rows = own_rows<float>(loader, batch, 0, nullptr);
    CHECK(rows.x.data() == batch.x.data());
    CHECK(rows.size() == batch.size());
    CHECK(rows.shared.processes == nullptr);
  }
}

TEST_CASE("own_rows: the part of another process is refused") {
  const auto data = bright_pixels(4);
  CHECK_THROWS_WITH_AS(
      ThreadGroup::run(2,
                       [&](ProcessGroup& group) {
                         gradus::Loader loader(data, {.part = {1, 3}});
                         for (const auto& batch : loader.evaluation_epoch())
                           own_rows<float>(loader, batch, 0, &group);
                       }),
      "Trainer: loader produces part 1 of 3 of every batch, expected part 0 of 2, which belongs "
      "to this process",
      gradus::StateError);
}

TEST_CASE("own_rows: a loader that produces parts is refused without other processes") {
  const auto data = bright_pixels(8);
  gradus::Loader loader(data, {.batch_size = 4, .part = {1, 2}});
  for (const auto& batch : loader.evaluation_epoch()) {
    CHECK_THROWS_WITH_AS(
        own_rows<float>(loader, batch, 0, nullptr),
        "Trainer: loader produces part 1 of 2 of every batch, expected part 0 of 1, which belongs to "
        "this process",
        gradus::StateError);
  }
}
