// SPDX-License-Identifier: MIT

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/ops/detail/shifted_mean.hpp>

using gradus::ops::detail::LongMean;
using gradus::ops::detail::shifted_mean;
using gradus::ops::detail::Wide;

namespace {

template <class S>
LongMean<S> mean_of(const std::vector<S>& x) {
  Wide<S> shifted = 0;
  for (const S element : x) shifted += static_cast<Wide<S>>(element - x[0]);
  return shifted_mean<S>(x[0], shifted, static_cast<Wide<S>>(x.size()), [&] {
    Wide<S> sum = 0;
    for (const S element : x) sum += element;
    return sum;
  });
}

}  // namespace

TEST_CASE_TEMPLATE("shifted_mean: mean and remainder together have the digits of both", S, float, double) {
  // three numbers far from 0 that differ by at most one unit in the last place
  const S far = sizeof(S) == 4 ? S(1 << 23) : S(std::int64_t{1} << 52);
  const LongMean<S> m = mean_of<S>({far, far, far + 1});
  CHECK(m.mean == far);
  CHECK(m.rest == doctest::Approx(1.0 / 3).epsilon(1e-6));
  const LongMean<S> exact = mean_of<S>({1, 2, 3, 6});
  CHECK(exact.mean == 3);
  CHECK(exact.rest == 0);
  CHECK(mean_of<S>({5}).mean == 5);
}

TEST_CASE("shifted_mean: differences may overflow in float") {
  constexpr float largest = std::numeric_limits<float>::max();
  CHECK(mean_of<float>({largest, -largest}).mean == 0);
  CHECK(mean_of<float>({-largest, largest, largest, largest}).mean == largest / 2);
}

TEST_CASE_TEMPLATE("shifted_mean: NaN and infinity are preserved", S, float, double) {
  constexpr S infinity = std::numeric_limits<S>::infinity(), nan = std::numeric_limits<S>::quiet_NaN();
  CHECK(std::isnan(mean_of<S>({1, nan, 2}).mean));
  CHECK(std::isnan(mean_of<S>({nan, 1, 2}).mean));
  CHECK(mean_of<S>({1, infinity, 2}).mean == infinity);
  CHECK(mean_of<S>({infinity, 1, 2}).mean == infinity);
  CHECK(std::isnan(mean_of<S>({infinity, -infinity}).mean));
}
