// SPDX-License-Identifier: MIT

#include <cmath>

#include <doctest/doctest.h>

#include <gradus/nn/linear.hpp>

#include "numerical_gradient.hpp"

// Checks the checker: every plausible fault in a backward must be caught.

using gradus::Generator;
using gradus::Index;
using gradus::Shape;
using gradus::Tensor;
using gradus::TensorView;
using gradus::nn::Context;
using gradus::nn::Linear;
namespace ops = gradus::ops;
namespace test = gradus::test;

namespace {

enum class Fault {
  none,
  input_gradient_scaled,
  weight_gradient_scaled,
  bias_gradient_scaled,
  missing_transpose,
  lost_sum,
  overwrites_parameters,
  accumulates_into_input,
  forgets_an_element,
  sign
};

using View = TensorView<double>;
using ConstView = TensorView<const double>;

/// A square layer with one of the faults.
struct FaultyLinear : Linear<double> {
  Fault fault;

  FaultyLinear(Fault f, Index size, Generator& random) : Linear<double>(size, size, random), fault(f) {}

  void backward(ConstView x, ConstView y, ConstView dy, View dx, Context& context) const {
    const Tensor<double> before(dx);
    Linear<double>::backward(x, y, dy, dx, context);
    if (fault == Fault::input_gradient_scaled) dx.array() *= 1.001;
    if (fault == Fault::sign) dx.array() *= -1;
    if (fault == Fault::forgets_an_element && !dx.empty()) *(dx.end() - 1) = 0;
    if (fault == Fault::accumulates_into_input) dx.array() += before.array();
    if (fault == Fault::missing_transpose) dx.matrix() = dy.matrix() * weight.value.matrix().transpose();
  }
  void gradient(ConstView x, ConstView dy, Context& context) {
    const Tensor<double> weight_before = weight.grad(), bias_before = bias.grad();
    if (fault == Fault::overwrites_parameters) {
      weight.grad().fill(0);
      bias.grad().fill(0);
    }
    Linear<double>::gradient(x, dy, context);
    if (fault == Fault::weight_gradient_scaled)
      weight.grad().array() += 0.001 * (weight.grad().array() - weight_before.array());
    if (fault == Fault::bias_gradient_scaled)
      bias.grad().array() += 0.001 * (bias.grad().array() - bias_before.array());
    if (fault == Fault::lost_sum && dy.shape()[0] > 0)
      bias.grad().array() = bias_before.array() + dy[0].array();
  }
};

test::GradientReport report_of(Fault fault) {
  Generator random(1);
  FaultyLinear linear(fault, 4, random);
  return test::check_gradients(linear, Tensor<double>::randn({3, 4}, random));
}

}  // namespace

TEST_SUITE("numerical_gradient") {
  TEST_CASE("numerical_gradient: is accurate to 1e-9 where the derivative is known") {
    Tensor<double> x{0.3, -2, 40};
    const auto gradient =
        test::numerical_gradient(x, [&] { return std::exp(x(0)) + std::sin(x(1)) + x(2) * x(2); });
    CHECK(gradient(0) == doctest::Approx(std::exp(0.3)).epsilon(1e-10));
    CHECK(gradient(1) == doctest::Approx(std::cos(-2)).epsilon(1e-10));
    CHECK(gradient(2) == doctest::Approx(80).epsilon(1e-10));
    CHECK(x == Tensor<double>{0.3, -2, 40});
  }

  TEST_CASE("check_gradients: a correct module passes") {
    const auto report = report_of(Fault::none);
    CHECK_MESSAGE(report.ok(), report.where, " is off by ", report.error);
  }

  TEST_CASE("check_gradients: every planted fault is caught and located") {
    const auto caught_in = [](Fault fault) {
      const auto report = report_of(fault);
      return report.ok() ? std::string("not caught") : report.where;
    };
    CHECK(caught_in(Fault::input_gradient_scaled) == "input");
    CHECK(caught_in(Fault::sign) == "input");
    CHECK(caught_in(Fault::missing_transpose) == "input");
    CHECK(caught_in(Fault::forgets_an_element) == "input");
    CHECK(caught_in(Fault::accumulates_into_input) == "input");
    CHECK(caught_in(Fault::weight_gradient_scaled) == "weight");
    CHECK(caught_in(Fault::bias_gradient_scaled) == "bias");
    CHECK(caught_in(Fault::lost_sum) == "bias");
    CHECK_FALSE(report_of(Fault::overwrites_parameters).ok());
  }

  TEST_CASE("error_in_tolerances: NaN and a different shape count as infinitely wrong") {
    const Tensor<double> a{1, 2}, b{1, std::nan("")};
    CHECK(test::error_in_tolerances(a, a) == 0);
    CHECK(std::isinf(test::error_in_tolerances(b, a)));
    CHECK(std::isinf(test::error_in_tolerances(a, b)));
    CHECK(std::isinf(test::error_in_tolerances(a, Tensor<double>{1, 2, 3})));
  }
}
