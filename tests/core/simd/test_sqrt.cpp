// SPDX-License-Identifier: MIT

#include <cmath>

#include <doctest/doctest.h>

#include <gradus/core/simd/sqrt.hpp>

#include "function_checks.hpp"

namespace {

namespace test = gradus::test;
using test::Wide;

struct Sqrt {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return sqrt(x);
  }
};

}  // namespace

TEST_CASE_TEMPLATE("sqrt: correctly rounded, including at all limits", S, float, double) {
  // sqrt has no packs wider than the instruction set's.
  test::check_function(
      test::Function<S>{"sqrt", test::map_array<Sqrt, S>, nullptr, [](Wide x) { return std::sqrt(x); }, 0.5});
}
