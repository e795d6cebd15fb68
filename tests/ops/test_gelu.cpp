// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/gelu.hpp>

#include "elementwise_checks.hpp"

using namespace gradus;
using test::Wide;

namespace {

// where exp(-x) overflows, x / (1 + exp(-x)) is 0 instead of a number slightly above the smallest one
template <class S>
constexpr Wide tiny = 1000 * Wide(std::numeric_limits<S>::min());

Wide at_limit(Wide x, Wide y) { return std::isinf(x) && x < 0 ? 0 : y; }

Wide twice_u(Wide x) { return 2 * std::sqrt(2 / std::acos(Wide(-1))) * (x + Wide(0.044715) * x * x * x); }

}  // namespace

TEST_CASE_TEMPLATE("gelu: x P(X <= x), and 0 at minus infinity", S, float, double) {
  test::check_elementwise<S>({"gelu", ops::gelu<S>,
                              [](Wide x) { return at_limit(x, x / 2 * std::erfc(-x / std::sqrt(Wide(2)))); },
                              4000, tiny<S>});
}

TEST_CASE_TEMPLATE("gelu_tanh: the tanh approximation, and 0 at minus infinity", S, float, double) {
  test::check_elementwise<S>({"gelu_tanh", ops::gelu_tanh<S>,
                              [](Wide x) { return at_limit(x, x * test::exact_sigmoid(twice_u(x))); }, 4000,
                              tiny<S>});
}

TEST_CASE_TEMPLATE("gelu_backward, gelu_tanh_backward: the derivatives, with 0 and 1 at the infinities", S,
                   float, double) {
  constexpr S infinity = std::numeric_limits<S>::infinity(), nan = std::numeric_limits<S>::quiet_NaN();
  const Tensor<S> x{-infinity, -200, -9, -1, -0.5, 0, 0.5, 1, 9, 200, infinity, nan};
  const Tensor<S> dy = Tensor<S>::full(x.shape(), 2);
  Tensor<S> exact(x.shape()), approximate(x.shape());
  ops::gelu_backward<S>(x, dy, exact);
  ops::gelu_tanh_backward<S>(x, dy, approximate);
  const Wide pi = std::acos(Wide(-1));
  for (Index i = 0; i < x.size() - 1; ++i) {
    CAPTURE(x(i));
    const Wide at = std::max<Wide>(-1000, std::min<Wide>(1000, x(i)));
    const Wide slope =
        std::erfc(-at / std::sqrt(Wide(2))) / 2 + at * std::exp(-at * at / 2) / std::sqrt(2 * pi);
    CHECK(std::abs(exact(i) - 2 * slope) <= 8 * std::numeric_limits<S>::epsilon());
    const Wide s = test::exact_sigmoid(twice_u(at));
    const Wide of_u = 2 * std::sqrt(2 / pi) * (1 + 3 * Wide(0.044715) * at * at);
    CHECK(std::abs(approximate(i) - 2 * s * (1 + at * (1 - s) * of_u)) <=
          32 * std::numeric_limits<S>::epsilon());
  }
  CHECK(std::isnan(exact(11)));
  CHECK(std::isnan(approximate(11)));
}

TEST_CASE_TEMPLATE("gelu_tanh_backward: no result is subnormal", S, float, double) {
  const Tensor<S> x = Tensor<S>::arange(-40, 0, S(0.0625));
  const Tensor<S> dy = Tensor<S>::ones(x.shape());
  Tensor<S> dx(x.shape());
  ops::gelu_tanh_backward<S>(x, dy, dx);
  for (const S element : dx) CHECK_FALSE(test::is_subnormal(element));
}
