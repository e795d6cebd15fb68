// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>

#include "limits.hpp"
#include "operator_checks.hpp"

using namespace gradus;

namespace {

using test::check_same;

constexpr double NaN = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
using test::Inputs, test::Operators, test::OperatorsUnderTest, test::V;

const OperatorsUnderTest operators{Operators{
    {"maximum", [](const Inputs& x) { return maximum(x[0], x[1]); }},
    {"minimum", [](const Inputs& x) { return minimum(x[0], x[1]); }},
    {"where", [](const Inputs& x) { return where(greater_than(x[0], x[1]), x[0] * 2, x[1] * 3); }},
}};

}  // namespace

TEST_CASE("selection: values, first and second derivatives are correct") { test::check_operators(operators); }

TEST_CASE("maximum, minimum: both operands get the gradient if one is NaN") {
  struct Pair {
    double a, b, of_a, of_b;  // for maximum; for minimum they are swapped if a and b differ
  };
  for (const Pair& p : std::vector<Pair>{{NaN, 1, 1, 1},
                                         {1, NaN, 1, 1},
                                         {NaN, NaN, 1, 1},
                                         {1, 1, 0.5, 0.5},
                                         {1, 2, 0, 1},
                                         {2, 1, 1, 0},
                                         {infinity, infinity, 0.5, 0.5},
                                         {-infinity, infinity, 0, 1},
                                         {0, -0.0, 0.5, 0.5}}) {
    CAPTURE(p.a);
    CAPTURE(p.b);
    for (const bool largest : {true, false}) {
      const double of_a = largest ? p.of_a : p.of_b, of_b = largest ? p.of_b : p.of_a;
      const V a(p.a, requires_grad), b(p.b, requires_grad);
      const V y = largest ? maximum(a, b) : minimum(a, b);
      CHECK(std::isnan(y.item()) == (std::isnan(p.a) || std::isnan(p.b)));
      y.backward();
      check_same(a.grad(), {of_a});
      check_same(b.grad(), {of_b});
      const V c(Tensor<double>::full({5}, p.a), requires_grad),
          d(Tensor<double>::full({3, 5}, p.b), requires_grad);
      sum(largest ? maximum(c, d) : minimum(c, d)).backward();
      check_same(c.grad(), std::vector<double>(5, 3 * of_a));
      check_same(d.grad(), std::vector<double>(15, of_b));
    }
  }
}

TEST_CASE("where: the gradient of the branch not taken is 0, whatever its value") {
  const V a(Tensor<double>{1, NaN, infinity}, requires_grad), b(Tensor<double>{NaN, 2, NaN}, requires_grad);
  const V y = where(Tensor<bool>{true, false, true}, a, b);
  check_same(y.value(), {1, 2, infinity});
  sum(y).backward();
  check_same(a.grad(), {1, 0, 1});
  check_same(b.grad(), {0, 1, 0});
  CHECK(greater_than(V(Tensor<double>{NaN, 1, NaN}), V(Tensor<double>{1, NaN, NaN})) ==
        Tensor<bool>{false, false, false});
}
