// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/nn/context.hpp>

#include "extremes.hpp"

namespace gradus::test {

/// Checks an activation module that is the identity far above 0: for large and infinite inputs, y = x and
/// dL/dx = dL/dy; for their negatives x, y = low(x) and dL/dx = low_slope dL/dy; NaN stays NaN.
template <class Scalar, class Module, class Low>
void check_limits(const Module& module, const Low& low, Scalar low_slope) {
  nn::Context context;
  constexpr Index size = 37;  // not a multiple of any SIMD width
  const Tensor<Scalar> dy = Tensor<Scalar>::ones({size});
  Tensor<Scalar> y(Shape{size}), dx(Shape{size});
  const auto check = [&](Scalar in, Scalar out, Scalar slope, Scalar tolerance) {
    CAPTURE(static_cast<double>(in));
    const Tensor<Scalar> x = Tensor<Scalar>::full({size}, in);
    module.forward(x, y, context);
    for (const Scalar element : y)
      REQUIRE((element == out || std::abs(element - out) <= tolerance * std::abs(out) + Scalar(1e-30)));
    module.backward(x, y, dy, dx, context);
    for (const Scalar element : dx)
      REQUIRE(std::abs(element - slope) <= epsilon<Scalar> * std::abs(slope) + Scalar(1e-30));
  };
  for (const Scalar big : {Scalar(88.7), Scalar(1e4), largest<Scalar>, infinity<Scalar>}) {
    check(big, big, Scalar(1), epsilon<Scalar>);
    check(-big, low(-big), low_slope, 2 * epsilon<Scalar>);
  }
  const Tensor<Scalar> nan = Tensor<Scalar>::full({size}, not_a_number<Scalar>);
  module.forward(nan, y, context);
  for (const Scalar element : y) REQUIRE(std::isnan(element));
}

}  // namespace gradus::test
