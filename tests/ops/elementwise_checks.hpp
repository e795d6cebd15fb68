// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>

#include "../support/instruction_sets.hpp"
#include "../support/limits.hpp"

/// Checks of element-wise operators at the limits of their arguments, against the C library in long double.
namespace gradus::test {

using Wide = long double;

/// An element-wise operator, or its backward for an output gradient of 0.75, and the exact function.
template <class S>
struct ElementwiseOperator {
  std::string name;
  std::function<void(Input<S>, TensorView<S>)> run;
  std::function<Wide(Wide)> exact;
  double ulps;
  Wide absolute = 0;     ///< allowed additional error
  bool flushes = false;  ///< whether results are never subnormal
};

/// The output gradient passed to backward operators.
inline constexpr Wide output_gradient = 0.75;

/// Returns a function that runs `backward(x, dy, dx)` with that output gradient everywhere.
template <class S, class Backward>
auto with_output_gradient(Backward backward) {
  return [backward](Input<S> x, TensorView<S> dx) {
    const Tensor<S> dy = Tensor<S>::full(x.shape(), static_cast<S>(output_gradient));
    backward(x, dy, dx);
  };
}

inline Wide exact_sigmoid(Wide x) { return 1 / (1 + std::exp(-x)); }

template <class S>
void check_at_every_place(const ElementwiseOperator<S>& op, S value) {
  CAPTURE(op.name);
  CAPTURE(value);
  constexpr S ordinary = 0.5;
  const Index n = lanes<S>();
  Tensor<S> alone(Shape{1});
  op.run(Tensor<S>{value}, alone.view());
  CHECK(is_close(alone(0), op.exact(value), op.ulps, op.absolute));
  if (op.flushes) CHECK_FALSE(is_subnormal(alone(0)));
  for (const Index size : {n - 1, n, n + 1, 2 * n, 2 * n + 1}) {
    Tensor<S> x = Tensor<S>::full(Shape{size}, ordinary), y(Shape{size});
    for (Index place = 0; place < size; ++place) {
      x(place) = value;
      op.run(x, y.view());
      if (!(y(place) == alone(0) || (std::isnan(y(place)) && std::isnan(alone(0)))))
        FAIL_CHECK(y(place) << " instead of " << alone(0) << " at " << place << " of " << size);
      for (Index i = 0; i < size; ++i) {
        if (i != place && !is_close(y(i), op.exact(ordinary), op.ulps, op.absolute))
          FAIL_CHECK(y(i) << " at " << i << " of " << size);
      }
      x(place) = ordinary;
    }
  }
}

/// Checks every number at the limits at every position with every instruction set, and that an operator that
/// flushes returns no subnormal number.
template <class S>
void check_elementwise(const ElementwiseOperator<S>& op) {
  for_each_instruction_set([&] {
    for (const S value : numbers_at_limits<S>()) check_at_every_place(op, value);
    if (!op.flushes) return;
    CAPTURE(op.name);
    const Tensor<S> x = Tensor<S>::arange(sizeof(S) == 4 ? -110 : -760, sizeof(S) == 4 ? -80 : -700);
    Tensor<S> y(x.shape());
    op.run(x, y.view());
    for (const S element : y) CHECK_FALSE(is_subnormal(element));
  });
}

}  // namespace gradus::test
