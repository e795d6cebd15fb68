// SPDX-License-Identifier: MIT

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/activation.hpp>
#include <gradus/ops/elementwise.hpp>
#include <gradus/ops/elu.hpp>
#include <gradus/ops/gelu.hpp>
#include <gradus/ops/leaky_relu.hpp>
#include <gradus/ops/silu.hpp>
#include <gradus/ops/softplus.hpp>

#include "../../support/instruction_sets.hpp"
#include "../../support/limits.hpp"

using namespace gradus;

namespace {

using Wide = long double;

/// An element-wise operator, or its backward for an output gradient of 0.75, and what it computes.
template <class S>
struct Operator {
  std::string name;
  std::function<void(Input<S>, TensorView<S>)> run;
  std::function<Wide(Wide)> exact;
  double ulps;
  Wide absolute = 0;     ///< error allowed in addition
  bool flushes = false;  ///< no result is subnormal
};

Wide sigmoid_of(Wide x) { return 1 / (1 + std::exp(-x)); }

template <class S>
std::vector<Operator<S>> forward_operators() {
  // where exp(-x) overflows, x / (1 + exp(-x)) is 0 instead of a number just above the smallest
  constexpr Wide tiny = 1000 * Wide(std::numeric_limits<S>::min());
  const auto limit = [](Wide x, Wide y) { return std::isinf(x) && x < 0 ? Wide(0) : y; };
  return {{"exp", ops::exp<S>, [](Wide x) { return std::exp(x); }, 1.1},
          {"log", ops::log<S>, [](Wide x) { return std::log(x); }, 1},
          {"sqrt", ops::sqrt<S>, [](Wide x) { return std::sqrt(x); }, 0.5},
          {"relu", ops::relu<S>, [](Wide x) { return x < 0 ? 0 : x; }, 0},
          {"sigmoid", ops::sigmoid<S>, sigmoid_of, 3, Wide(std::numeric_limits<S>::min()), true},
          {"tanh", ops::tanh<S>, [](Wide x) { return std::tanh(x); }, 2},
          {"elu", [](Input<S> x, TensorView<S> y) { ops::elu<S>(x, 1.5, y); },
           [](Wide x) { return x > 0 ? x : Wide(1.5) * std::expm1(x); }, 3},
          {"leaky_relu", [](Input<S> x, TensorView<S> y) { ops::leaky_relu<S>(x, 0.25, y); },
           [](Wide x) { return x > 0 ? x : x / 4; }, 0.5},
          {"silu", ops::silu<S>, [=](Wide x) { return limit(x, x * sigmoid_of(x)); }, 4, tiny},
          {"softplus", [](Input<S> x, TensorView<S> y) { ops::softplus<S>(x, 2, 20, y); },
           [](Wide x) { return 2 * x > 20 ? x : std::log1p(std::exp(2 * x)) / 2; }, 4},
          {"gelu", ops::gelu<S>, [=](Wide x) { return limit(x, x / 2 * std::erfc(-x / std::sqrt(Wide(2)))); },
           4000, tiny},
          {"gelu_tanh", ops::gelu_tanh<S>,
           [=](Wide x) {
             const Wide twice_u = 2 * std::sqrt(2 / std::acos(Wide(-1))) * (x + Wide(0.044715) * x * x * x);
             return limit(x, x * sigmoid_of(twice_u));
           },
           4000, tiny}};
}

template <class S>
std::vector<Operator<S>> backward_operators() {
  constexpr Wide smallest = std::numeric_limits<S>::min();
  const auto with = [](auto backward) {
    return [backward](Input<S> x, TensorView<S> dx) {
      const Tensor<S> dy = Tensor<S>::full(x.shape(), S(0.75));
      backward(x, dy, dx);
    };
  };
  constexpr Wide dy = 0.75;
  return {{"exp_backward", with(ops::exp_backward<S>), [](Wide y) { return dy * y; }, 0.5},
          {"log_backward", with(ops::log_backward<S>), [](Wide x) { return dy / x; }, 0.5},
          // 2 y may overflow
          {"sqrt_backward", with(ops::sqrt_backward<S>), [](Wide y) { return dy / (2 * y); }, 1, smallest},
          {"relu_backward", with(ops::relu_backward<S>), [](Wide y) { return y <= 0 ? 0 : dy; }, 0},
          {"sigmoid_backward", with(ops::sigmoid_backward<S>), [](Wide y) { return dy * y * (1 - y); }, 3,
           smallest, true},
          {"tanh_backward", with(ops::tanh_backward<S>), [](Wide y) { return dy * (1 - y) * (1 + y); }, 3,
           Wide(std::numeric_limits<S>::epsilon()), true},
          {"elu_backward", with([](auto x, auto up, auto dx) { ops::elu_backward<S>(x, up, 1.5, dx); }),
           [](Wide x) { return x > 0 ? dy : Wide(1.5) * std::exp(x) * dy; }, 3, 2 * smallest, true},
          {"leaky_relu_backward",
           with([](auto x, auto up, auto dx) { ops::leaky_relu_backward<S>(x, up, 0.25, dx); }),
           [](Wide x) { return x > 0 ? dy : dy / 4; }, 0},
          {"silu_backward", with(ops::silu_backward<S>),
           [](Wide x) {
             const Wide s = sigmoid_of(x);
             return std::isinf(x) ? dy * s : dy * s * (1 + x * (1 - s));
           },
           8, 1000 * smallest + Wide(std::numeric_limits<S>::epsilon()), true},
          {"softplus_backward",
           with([](auto x, auto up, auto dx) { ops::softplus_backward<S>(x, up, 2, 20, dx); }),
           [](Wide x) { return 2 * x > 20 ? dy : dy * sigmoid_of(2 * x); }, 4, smallest, true}};
}

template <class S>
void check_at_every_place(const Operator<S>& op, S value) {
  CAPTURE(op.name);
  CAPTURE(value);
  constexpr S ordinary = 0.5;
  const Index n = test::lanes<S>();
  Tensor<S> alone(Shape{1});
  op.run(Tensor<S>{value}, alone.view());
  CHECK(test::is_close(alone(0), op.exact(value), op.ulps, op.absolute));
  if (op.flushes) CHECK_FALSE(test::is_subnormal(alone(0)));
  for (const Index size : {n - 1, n, n + 1, 2 * n, 2 * n + 1}) {
    Tensor<S> x = Tensor<S>::full(Shape{size}, ordinary), y(Shape{size});
    for (Index place = 0; place < size; ++place) {
      x(place) = value;
      op.run(x, y.view());
      if (!(y(place) == alone(0) || (std::isnan(y(place)) && std::isnan(alone(0)))))
        FAIL_CHECK(y(place) << " instead of " << alone(0) << " at " << place << " of " << size);
      for (Index i = 0; i < size; ++i) {
        if (i != place && !test::is_close(y(i), op.exact(ordinary), op.ulps, op.absolute))
          FAIL_CHECK(y(i) << " at " << i << " of " << size);
      }
      x(place) = ordinary;
    }
  }
}

}  // namespace

TEST_CASE_TEMPLATE("element-wise operators: limits are right at every place, for every instruction set", S,
                   float, double) {
  test::for_each_instruction_set([] {
    for (const auto& operators : {forward_operators<S>(), backward_operators<S>()}) {
      for (const Operator<S>& op : operators) {
        for (const S value : test::numbers_at_limits<S>()) check_at_every_place(op, value);
      }
    }
  });
}

TEST_CASE_TEMPLATE("element-wise operators: small gradients are 0 instead of subnormal", S, float, double) {
  test::for_each_instruction_set([] {
    for (const Operator<S>& op : backward_operators<S>()) {
      if (!op.flushes) continue;
      CAPTURE(op.name);
      const Tensor<S> x = Tensor<S>::arange(sizeof(S) == 4 ? -110 : -760, sizeof(S) == 4 ? -80 : -700);
      Tensor<S> dx(x.shape());
      op.run(x, dx.view());
      for (const S gradient : dx) CHECK_FALSE(test::is_subnormal(gradient));
    }
  });
}
