// SPDX-License-Identifier: MIT

#include <cmath>

#include <doctest/doctest.h>

#include <gradus/core/simd/log.hpp>

#include "function_checks.hpp"

namespace {

namespace test = gradus::test;
using test::Wide;

struct Log {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return log(x);
  }
};
struct Log1p {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return log1p(x);
  }
};

}  // namespace

TEST_CASE_TEMPLATE("log: accurate to 1 ulp, including at all limits", S, float, double) {
  test::check_function(test::function<Log, S>(
      "log", [](Wide x) { return std::log(x); }, 1));
}

TEST_CASE_TEMPLATE("log1p: accurate to 1 ulp, also near 0", S, float, double) {
  test::check_function(test::function<Log1p, S>(
      "log1p", [](Wide x) { return std::log1p(x); }, 1));
}
