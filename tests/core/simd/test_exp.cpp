// SPDX-License-Identifier: MIT

#include <cmath>

#include <doctest/doctest.h>

#include <gradus/core/simd/exp.hpp>

#include "function_checks.hpp"

namespace {

namespace test = gradus::test;
using test::Wide;

struct Exp {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return exp(x);
  }
};
struct ExpFlushed {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return exp_flushed(x);
  }
};
struct Expm1 {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return expm1(x);
  }
};

}  // namespace

TEST_CASE_TEMPLATE("exp: accurate to 1.1 ulp, including at all limits", S, float, double) {
  test::check_function(test::function<Exp, S>(
      "exp", [](Wide x) { return std::exp(x); }, 1.1));
}

TEST_CASE_TEMPLATE("exp_flushed: accurate to 1.1 ulp, and 0 instead of subnormal results", S, float, double) {
  auto f = test::function<ExpFlushed, S>(
      "exp_flushed", [](Wide x) { return std::exp(x); }, 1.1);
  f.flushes = true;
  f.highest = sizeof(S) == 4 ? 88 : 709;
  test::check_function(f);
}

TEST_CASE_TEMPLATE("expm1: accurate to 2 ulp, also near 0", S, float, double) {
  test::check_function(test::function<Expm1, S>(
      "expm1", [](Wide x) { return std::expm1(x); }, 2));
}
