// SPDX-License-Identifier: MIT

#include <cmath>

#include <doctest/doctest.h>

#include <gradus/core/simd/tanh.hpp>

#include "function_checks.hpp"

namespace {

namespace test = gradus::test;
using test::Wide;

struct Tanh {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return tanh(x);
  }
};
struct Sigmoid {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return sigmoid(x);
  }
};

}  // namespace

TEST_CASE_TEMPLATE("tanh: accurate to 2 ulp, including at all limits", S, float, double) {
  test::check_function(test::function<Tanh, S>(
      "tanh", [](Wide x) { return std::tanh(x); }, 2));
}

TEST_CASE_TEMPLATE("sigmoid: accurate to 3 ulp, and 0 instead of subnormal results", S, float, double) {
  auto f = test::function<Sigmoid, S>(
      "sigmoid", [](Wide x) { return 1 / (1 + std::exp(-x)); }, 3);
  f.flushes = true;
  test::check_function(f);
}

TEST_CASE_TEMPLATE("tanh, sigmoid: tanh is odd, and sigmoid(x) + sigmoid(-x) is 1", S, float, double) {
  for (S x = 0; x < 30; x += S(0.0371)) {
    const S both[2] = {x, -x};
    S y[2];
    gradus::simd::map(Tanh{}, 2, y, both);
    CHECK(y[0] == -y[1]);
    CHECK(std::abs(y[0]) <= 1);
    gradus::simd::map(Sigmoid{}, 2, y, both);
    CHECK(y[0] + y[1] == doctest::Approx(1).epsilon(1e-6));
  }
}
