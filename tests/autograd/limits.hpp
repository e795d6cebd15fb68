// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/tensor_view.hpp>

/// Checks of values and gradients at 0, infinity and NaN, where comparisons and products of 0 and infinity go
/// wrong. Expected numbers are PyTorch 1.13's unless a comment says otherwise.
namespace gradus::test {

inline bool same(double found, double expected) {
  return std::isnan(expected) ? std::isnan(found) : found == expected;
}

inline void check_same(TensorView<const double> found, const std::vector<double>& expected) {
  REQUIRE(found.size() == static_cast<Index>(expected.size()));
  for (Index i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    CAPTURE(found.data()[i]);
    CHECK(same(found.data()[i], expected[static_cast<std::size_t>(i)]));
  }
}

}  // namespace gradus::test
