// SPDX-License-Identifier: MIT

#include <algorithm>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/parallel.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/data/gather.hpp>

using namespace gradus;
using gradus::detail::BatchRows;
using gradus::detail::gather_rows;

namespace {

const auto copy = [](const auto* in, auto* out, Index count) { std::copy_n(in, count, out); };

}  // namespace

TEST_CASE("BatchRows: gives rows in order or shuffled, and the rows after the batch") {
  const BatchRows in_order{{}, 6, 3};
  CHECK_FALSE(in_order.is_shuffled());
  CHECK(in_order[0] == 6);
  CHECK(in_order[2] == 8);
  CHECK_FALSE(in_order.after(0).has_value());
  const std::vector<Index> order{4, 2, 0, 3, 1};
  const BatchRows shuffled{order, 0, 2};
  CHECK(shuffled[1] == 2);
  CHECK(shuffled.after(2) == 0);
  CHECK(shuffled.after(4) == 1);
  CHECK_FALSE(shuffled.after(5).has_value());
}

TEST_CASE("gather_rows: copies every row of the batch, with any number of threads") {
  ThreadPool pool(3);
  const Index width = detail::min_elements_per_part / 8 + 1;
  const Tensor<float> from = Tensor<float>::arange(0, static_cast<float>(40 * width)).reshape({40, width});
  std::vector<Index> order(40);
  std::iota(order.begin(), order.end(), Index{0});
  std::ranges::reverse(order);
  for (const Parallel parallel : {Parallel{}, Parallel(pool)}) {
    for (const BatchRows& rows : {BatchRows{{}, 5, 35}, BatchRows{{}, 39, 1}, BatchRows{order, 0, 40},
                                  BatchRows{std::span<const Index>(order).subspan(30), 30, 10}}) {
      Tensor<float> to;
      gather_rows(from, rows, to, copy, parallel);
      REQUIRE(to.shape() == Shape{rows.count, width});
      for (Index i = 0; i < rows.count; ++i) CHECK(Tensor<float>(to[i]) == Tensor<float>(from[rows[i]]));
    }
  }
}
