// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/softplus.hpp>

#include "elementwise_checks.hpp"

using namespace gradus;
using test::Wide;

TEST_CASE_TEMPLATE("softplus: log(1 + exp(b x)) / b up to the threshold, x beyond it", S, float, double) {
  test::check_elementwise<S>({"softplus", [](Input<S> x, TensorView<S> y) { ops::softplus<S>(x, 2, 20, y); },
                              [](Wide x) { return 2 * x > 20 ? x : std::log1p(std::exp(2 * x)) / 2; }, 4});
}

TEST_CASE_TEMPLATE("softplus_backward: sigmoid(b x) up to the threshold, 1 beyond it", S, float, double) {
  test::check_elementwise<S>(
      {"softplus_backward", test::with_output_gradient<S>([](auto x, auto dy, auto dx) {
         ops::softplus_backward<S>(x, dy, 2, 20, dx);
       }),
       [](Wide x) { return (2 * x > 20 ? 1 : test::exact_sigmoid(2 * x)) * test::output_gradient; }, 4,
       Wide(std::numeric_limits<S>::min()), true});
}
