// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/leaky_relu.hpp>

#include "elementwise_checks.hpp"

using namespace gradus;
using test::Wide;

TEST_CASE_TEMPLATE("leaky_relu: x above 0, a x below it, at all limits", S, float, double) {
  test::check_elementwise<S>({"leaky_relu",
                              [](Input<S> x, TensorView<S> y) { ops::leaky_relu<S>(x, 0.25, y); },
                              [](Wide x) { return x > 0 ? x : x / 4; }, 0.5});
}

TEST_CASE_TEMPLATE("leaky_relu_backward: the slope of the respective side, and the left one at 0", S, float,
                   double) {
  test::check_elementwise<S>({"leaky_relu_backward",
                              test::with_output_gradient<S>([](auto x, auto dy, auto dx) {
                                ops::leaky_relu_backward<S>(x, dy, 0.25, dx);
                              }),
                              [](Wide x) { return (x > 0 ? 1 : Wide(0.25)) * test::output_gradient; }, 0});
}
