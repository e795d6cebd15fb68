// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/silu.hpp>

#include "elementwise_checks.hpp"

using namespace gradus;
using test::Wide;

TEST_CASE_TEMPLATE("silu: x sigmoid(x), and 0 at minus infinity", S, float, double) {
  // where exp(-x) overflows, the result is 0 instead of a number slightly above the smallest one
  constexpr Wide tiny = 1000 * Wide(std::numeric_limits<S>::min());
  test::check_elementwise<S>({"silu", ops::silu<S>,
                              [](Wide x) { return std::isinf(x) && x < 0 ? 0 : x * test::exact_sigmoid(x); },
                              4, tiny});
}

TEST_CASE_TEMPLATE("silu_backward: 0 and 1 at the infinities, without subnormal results", S, float, double) {
  using Limits = std::numeric_limits<S>;
  test::check_elementwise<S>({"silu_backward", test::with_output_gradient<S>(ops::silu_backward<S>),
                              [](Wide x) {
                                const Wide s = test::exact_sigmoid(x);
                                return test::output_gradient * (std::isinf(x) ? s : s * (1 + x * (1 - s)));
                              },
                              8, 1000 * Wide(Limits::min()) + Wide(Limits::epsilon()), true});
}
