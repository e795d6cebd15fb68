// SPDX-License-Identifier: MIT

#include <mutex>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/data/mixup.hpp>
#include <gradus/train/whole_batch.hpp>

#include "../support/thread_group.hpp"

using namespace gradus;
using gradus::test::ThreadGroup;

TEST_CASE("with_whole_batch: collects rows and labels of all kinds in the order of ranks") {
  std::mutex mutex;
  ThreadGroup::run(3, [&](ProcessGroup& group) {
    // Process 0 has no row, 1 has one, 2 has two.
    Tensor<float> rows(Shape{group.rank(), 2});
    rows.fill(static_cast<float>(group.rank()));
    const std::vector<Index> labels(static_cast<std::size_t>(group.rank()), group.rank());
    const std::vector<Index> expected{1, 2, 2};
    const auto check_rows = [](TensorView<const float> x) {
      REQUIRE(x.shape() == Shape{3, 2});
      CHECK(x.data()[0] == 1);
      CHECK(x.data()[5] == 2);
    };
    const TensorView<const float> own = rows;
    detail::with_whole_batch(group, own, std::span<const Index>(labels), [&](auto x, auto all) {
      const std::lock_guard lock(mutex);
      check_rows(x);
      CHECK(std::ranges::equal(all, expected));
    });
    detail::with_whole_batch(group, own, own, [&](auto x, auto all) {
      const std::lock_guard lock(mutex);
      check_rows(x);
      check_rows(all);
    });
    detail::with_whole_batch(group, own, MixedLabels{labels, labels, 0.25}, [&](auto x, const auto& all) {
      const std::lock_guard lock(mutex);
      check_rows(x);
      CHECK(std::ranges::equal(all.labels, expected));
      CHECK(std::ranges::equal(all.partners, expected));
      CHECK(all.share == 0.25);
    });
  });
}
