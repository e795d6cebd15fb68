// SPDX-License-Identifier: MIT

#include <cmath>
#include <mutex>

#include <doctest/doctest.h>

#include <gradus/core/part.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/nn/shared_statistics.hpp>
#include <gradus/ops/batch_statistics.hpp>

#include "../support/thread_group.hpp"

using namespace gradus;
using gradus::test::ThreadGroup;

TEST_CASE(
    "share_statistics: gives those of the whole batch, also for numbers far from 0 and for empty parts") {
  Generator random(4);
  for (const Index rows : {3, 40}) {
    Tensor<float> x = Tensor<float>::randn(Shape{rows, 5}, random);
    x.array() += 1000;
    Tensor<float> mean(Shape{5}), variance(Shape{5}), rest(Shape{5});
    ops::batch_statistics<float>(x, mean.view(), variance.view(), rest.view());
    std::mutex mutex;
    ThreadGroup::run(4, [&](ProcessGroup& group) {
      const Index begin = group.part().begin(rows), end = group.part().end(rows);
      Tensor<float> m(Shape{5}), v(Shape{5}), r(Shape{5});
      Tensor<double> sums(Shape{5});
      if (end > begin) ops::batch_statistics<float>(x.slice(begin, end), m.view(), v.view(), r.view());
      nn::detail::share_statistics<float>({&group, begin, rows}, end - begin, m.view(), v.view(), r.view(),
                                          sums.view());
      const std::lock_guard lock(mutex);
      for (Index j = 0; j < 5; ++j) {
        CHECK(double{m(j)} + double{r(j)} ==
              doctest::Approx(double{mean(j)} + double{rest(j)}).epsilon(1e-10));
        CHECK(v(j) == doctest::Approx(variance(j)).epsilon(1e-6));
      }
    });
  }
}

TEST_CASE("share_sums: sums two vectors over all processes") {
  std::mutex mutex;
  ThreadGroup::run(3, [&](ProcessGroup& group) {
    Tensor<float> first(Shape{2}), second(Shape{2});
    first.fill(1);
    second.fill(static_cast<float>(group.rank()));
    Tensor<double> sums(Shape{4});
    nn::detail::share_sums<float>({&group, 0, 3}, first.view(), second.view(), sums.view());
    const std::lock_guard lock(mutex);
    CHECK(first(1) == 3);
    CHECK(second(0) == 3);
  });
}
