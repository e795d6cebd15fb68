// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/ops/detail/softmax_rows.hpp>

#include "softmax_reference.hpp"

using gradus::Index;
using gradus::ops::detail::SoftmaxRow;
using gradus::ops::detail::SoftmaxRows;
namespace test = gradus::test;

TEST_CASE_TEMPLATE("SoftmaxRows: computes every row, short or long, in batches of any size", S, float,
                   double) {
  const auto tolerance = 8 * static_cast<long double>(std::numeric_limits<S>::epsilon());
  for (const std::size_t columns : {1u, 3u, 10u, 16u, 100u, 1023u, 1024u, 1025u}) {
    for (const std::size_t rows : {1u, 2u, 127u, 128u, 129u, 260u}) {
      if (rows * columns > 300'000) continue;
      CAPTURE(columns);
      CAPTURE(rows);
      const std::vector<S> x = test::logits<S>(rows * columns);
      SoftmaxRows<S> all(x.data(), static_cast<Index>(rows), static_cast<Index>(columns));
      std::vector<S> memory(columns);
      bool is_right = true;
      for (std::size_t i = 0; i < rows; ++i) {
        const std::vector<S> row(x.begin() + static_cast<std::ptrdiff_t>(i * columns),
                                 x.begin() + static_cast<std::ptrdiff_t>((i + 1) * columns));
        const test::ExactSoftmaxRow exact(row);
        const SoftmaxRow<S> found = all.row(static_cast<Index>(i), memory.data());
        is_right = is_right && found.highest == static_cast<S>(exact.highest) &&
                   std::abs(found.sum - exact.sum) <= tolerance * exact.sum &&
                   std::abs(found.log_sum - std::log(exact.sum)) <= tolerance * (1 + std::log(exact.sum));
        for (std::size_t k = 0; k < columns; ++k)
          is_right = is_right && std::abs(found.exp[k] - exact.exp[k]) <= tolerance * exact.exp[k];
      }
      CHECK(is_right);
    }
  }
}

TEST_CASE_TEMPLATE("SoftmaxRows: a row does not depend on its position, and NaN stays in its own row", S,
                   float, double) {
  constexpr std::size_t columns = 10, rows = 200;
  std::vector<S> x = test::logits<S>(columns * rows);
  const std::vector<S> first(x.begin(), x.begin() + columns);
  std::copy(first.begin(), first.end(), x.begin() + 137 * columns);
  x[50 * columns + 3] = std::numeric_limits<S>::quiet_NaN();
  SoftmaxRows<S> all(x.data(), rows, columns), alone(first.data(), 1, columns);
  const S sum = alone.row(0, nullptr).sum, log_sum = alone.row(0, nullptr).log_sum;
  for (Index i = 0; i < Index{rows}; ++i) {
    const SoftmaxRow<S> row = all.row(i, nullptr);
    CHECK(std::isnan(row.sum) == (i == 50));
    CHECK(std::isnan(row.highest) == (i == 50));
    if (i == 0 || i == 137) {
      CHECK(row.sum == sum);
      CHECK(row.log_sum == log_sum);
    }
  }
}
