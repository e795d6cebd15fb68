// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/eigen.hpp>
#include <gradus/ops/detail/softmax_kernels.hpp>

#include "../../support/instruction_sets.hpp"
#include "softmax_reference.hpp"

using gradus::Index;
namespace detail = gradus::ops::detail;
namespace simd = gradus::simd;
namespace test = gradus::test;

namespace {

template <class S>
void check_row(const std::vector<S>& x, const S* exp, S highest, S sum) {
  const test::ExactSoftmaxRow exact(x);
  const auto tolerance = 8 * static_cast<long double>(std::numeric_limits<S>::epsilon());
  CHECK(highest == static_cast<S>(exact.highest));
  CHECK(std::abs(sum - exact.sum) <= tolerance * exact.sum);
  for (std::size_t i = 0; i < x.size(); ++i)
    CHECK(std::abs(exp[i] - exact.exp[i]) <= tolerance * exact.exp[i]);
}

}  // namespace

TEST_CASE_TEMPLATE("keep_first: keeps the first elements and replaces the rest", S, float, double) {
  S in[4] = {1, 2, 3, 4}, out[4];
  for (Index count = 0; count <= 4; ++count) {
    simd::store(out, detail::keep_first<S, 4>(simd::load<S, 4>(in), count, S(-9)));
    for (int i = 0; i < 4; ++i) CHECK(out[i] == (i < count ? in[i] : S(-9)));
  }
}

TEST_CASE_TEMPLATE("ExpOfShortRows: computes rows of every length, without reading past their end", S, float,
                   double) {
  test::for_each_instruction_set([] {
    const Index n = test::lanes<S>(), stride = 64;
    for (const Index columns :
         {Index{1}, Index{2}, n - 1, n, n + 1, Index{15}, Index{16}, Index{17}, Index{40}}) {
      if (columns < 1) continue;
      CAPTURE(columns);
      constexpr Index rows = 3;
      // exactly as much memory as may be read, so that a sanitizer detects further reads
      const std::vector<S> x = test::logits<S>(static_cast<std::size_t>(rows * columns));
      std::vector<S> exp(rows * stride, S(-7)), highest(rows), sum(rows);
      simd::dispatch<detail::ExpOfShortRows>(x.data(), Index{rows}, columns, rows * columns, stride,
                                             exp.data(), highest.data(), sum.data());
      for (Index i = 0; i < rows; ++i) {
        const std::vector<S> row(x.begin() + i * columns, x.begin() + (i + 1) * columns);
        const auto k = static_cast<std::size_t>(i);
        check_row(row, exp.data() + i * stride, highest[k], sum[k]);
      }
    }
  });
}

TEST_CASE_TEMPLATE("ExpOfLongRow: computes a row of any length in place or elsewhere, or only its sum", S,
                   float, double) {
  test::for_each_instruction_set([] {
    const Index n = test::lanes<S>();
    for (const Index columns : {Index{1}, n - 1, n, n + 1, Index{1025}}) {
      if (columns < 1) continue;
      CAPTURE(columns);
      const std::vector<S> x = test::logits<S>(static_cast<std::size_t>(columns));
      std::vector<S> exp(x.size() + 1, S(-7)), in_place = x;
      S highest = 0, sum = 0, same_highest = 0, same_sum = 0;
      simd::dispatch<detail::ExpOfLongRow>(x.data(), columns, exp.data(), &highest, &sum);
      check_row(x, exp.data(), highest, sum);
      CHECK(exp.back() == -7);
      const S* const from = in_place.data();
      simd::dispatch<detail::ExpOfLongRow>(from, columns, in_place.data(), &same_highest, &same_sum);
      exp.pop_back();
      CHECK(in_place == exp);
      CHECK(same_sum == sum);
      simd::dispatch<detail::ExpOfLongRow>(x.data(), columns, static_cast<S*>(nullptr), &same_highest,
                                           &same_sum);
      CHECK(same_sum == sum);
      CHECK(same_highest == highest);
    }
  });
}

TEST_CASE_TEMPLATE("ExpOfShortRows, ExpOfLongRow: infinities share the total, NaN makes the sum NaN", S,
                   float, double) {
  constexpr S infinity = std::numeric_limits<S>::infinity(), nan = std::numeric_limits<S>::quiet_NaN();
  const std::vector<std::vector<S>> all{{infinity, 1, infinity},
                                        {-infinity, -infinity, -infinity},
                                        {-infinity, 0, 1},
                                        {nan, 1, 2},
                                        {1, infinity, nan}};
  const S sums[] = {2, 3, 1 + std::exp(S(-1)), nan, nan};
  test::for_each_instruction_set([&] {
    for (std::size_t i = 0; i < all.size(); ++i) {
      CAPTURE(i);
      std::vector<S> exp(64);
      S highest = 0, short_sum = 0, long_sum = 0;
      simd::dispatch<detail::ExpOfShortRows>(all[i].data(), Index{1}, Index{3}, Index{3}, Index{64},
                                             exp.data(), &highest, &short_sum);
      simd::dispatch<detail::ExpOfLongRow>(all[i].data(), Index{3}, exp.data(), &highest, &long_sum);
      if (std::isnan(sums[i])) {
        CHECK(std::isnan(short_sum));
        CHECK(std::isnan(long_sum));
      } else {
        CHECK(short_sum == doctest::Approx(sums[i]).epsilon(1e-6));
        CHECK(long_sum == doctest::Approx(sums[i]).epsilon(1e-6));
      }
    }
  });
}
