// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/elu.hpp>

#include "elementwise_checks.hpp"

using namespace gradus;
using test::Wide;

TEST_CASE_TEMPLATE("elu: x above 0, a (exp(x) - 1) below it, at all limits", S, float, double) {
  test::check_elementwise<S>({"elu", [](Input<S> x, TensorView<S> y) { ops::elu<S>(x, 1.5, y); },
                              [](Wide x) { return x > 0 ? x : Wide(1.5) * std::expm1(x); }, 3});
}

TEST_CASE_TEMPLATE("elu_backward: the derivative as a function of x, without subnormal results", S, float,
                   double) {
  constexpr Wide smallest = std::numeric_limits<S>::min();
  test::check_elementwise<S>(
      {"elu_backward",
       test::with_output_gradient<S>([](auto x, auto dy, auto dx) { ops::elu_backward<S>(x, dy, 1.5, dx); }),
       [](Wide x) { return (x > 0 ? 1 : Wide(1.5) * std::exp(x)) * test::output_gradient; }, 3, 2 * smallest,
       true});
}
