// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/activation.hpp>

#include "../support/extremes.hpp"
#include "../support/numerical_gradient.hpp"
#include "elementwise_checks.hpp"

using gradus::Generator;
using gradus::Index;
using gradus::Shape;
using gradus::ShapeError;
using gradus::Tensor;
using gradus::TensorView;
namespace ops = gradus::ops;
namespace test = gradus::test;

namespace {

template <class Scalar>
using Forward = void (*)(gradus::Input<Scalar>, TensorView<Scalar>);
template <class Scalar>
using Backward = void (*)(gradus::Input<Scalar>, gradus::Input<Scalar>, TensorView<Scalar>);

template <class Scalar>
struct Activation {
  std::string name;
  Forward<Scalar> forward;
  Backward<Scalar> backward;
  double (*exact)(double);
  double (*exact_derivative)(double);
};

template <class Scalar>
const std::vector<Activation<Scalar>> activations = {
    {"relu", ops::relu<Scalar>, ops::relu_backward<Scalar>, [](double x) { return std::fmax(x, 0.0); },
     [](double x) { return x > 0 ? 1.0 : 0.0; }},
    {"sigmoid", ops::sigmoid<Scalar>, ops::sigmoid_backward<Scalar>,
     [](double x) { return 1 / (1 + std::exp(-x)); },
     [](double x) { return 1 / (2 + std::exp(x) + std::exp(-x)); }},
    {"tanh", ops::tanh<Scalar>, ops::tanh_backward<Scalar>, [](double x) { return std::tanh(x); },
     [](double x) { return 1 / (std::cosh(x) * std::cosh(x)); }}};

}  // namespace

TEST_SUITE("activation") {
  TEST_CASE_TEMPLATE("activations: values and derivatives equal the closed forms", Scalar, float, double) {
    // Long enough for whole SIMD registers and a remainder.
    const Tensor<Scalar> x = Tensor<Scalar>::arange(Scalar(-12), Scalar(12), Scalar(0.037));
    const Tensor<Scalar> dy = Tensor<Scalar>::full(x.shape(), Scalar(2));
    Tensor<Scalar> y(x.shape()), dx(x.shape());
    const double tolerance = 16 * static_cast<double>(std::numeric_limits<Scalar>::epsilon());
    for (const auto& activation : activations<Scalar>) {
      CAPTURE(activation.name);
      activation.forward(x, y);
      activation.backward(y, dy, dx);
      for (Index i = 0; i < x.size(); ++i) {
        const double at = static_cast<double>(x(i));
        CAPTURE(at);
        const double exact = activation.exact(at);
        REQUIRE(std::abs(static_cast<double>(y(i)) - exact) <= tolerance * std::fmax(std::abs(exact), 1e-3));
        REQUIRE(std::abs(static_cast<double>(dx(i)) - 2 * activation.exact_derivative(at)) <= tolerance * 2);
      }
    }
  }

  TEST_CASE("activations: backward is the derivative of forward, for every shape") {
    Generator random(1);
    for (const auto& activation : activations<double>) {
      for (const Shape& shape : test::element_wise_shapes) {
        CAPTURE(activation.name);
        CAPTURE(shape.to_string());
        Tensor<double> x = test::away_from_zero(shape, random);
        const Tensor<double> dy = Tensor<double>::randn(shape, random);
        Tensor<double> y(shape), dx = Tensor<double>::full(shape, test::not_a_number<double>);
        const auto loss = [&] {
          activation.forward(x, y);
          return (y.array() * dy.array()).sum();
        };
        loss();
        activation.backward(y, dy, dx);
        CHECK(test::error_in_tolerances(dx, test::numerical_gradient(x, loss)) <= 1);
      }
    }
  }

  TEST_CASE("activations: backward is linear in the output gradient") {
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
      Generator random(seed);
      const Shape shape{1 + random.below(40)};
      const Tensor<double> x = Tensor<double>::randn(shape, random);
      const Tensor<double> dy1 = Tensor<double>::randn(shape, random);
      const Tensor<double> dy2 = Tensor<double>::randn(shape, random);
      const Tensor<double> sum(2 * dy1.vector() + dy2.vector());
      Tensor<double> y(shape), dx1(shape), dx2(shape), dx(shape);
      for (const auto& activation : activations<double>) {
        activation.forward(x, y);
        activation.backward(y, dy1, dx1);
        activation.backward(y, dy2, dx2);
        activation.backward(y, sum, dx);
        const double error = (dx.array() - 2 * dx1.array() - dx2.array()).abs().maxCoeff();
        REQUIRE(error <= 8 * std::numeric_limits<double>::epsilon() * (1 + sum.array().abs().maxCoeff()));
      }
    }
  }

  TEST_CASE_TEMPLATE("activations: large inputs give the limits, and NaN stays NaN", Scalar, float, double) {
    const auto check = [](const Activation<Scalar>& activation, Scalar in, Scalar out) {
      CAPTURE(activation.name);
      CAPTURE(static_cast<double>(in));
      const Tensor<Scalar> x = Tensor<Scalar>::full({37}, in);
      const Tensor<Scalar> dy = Tensor<Scalar>::ones({37});
      Tensor<Scalar> y(Shape{37}), dx(Shape{37});
      activation.forward(x, y);
      for (const Scalar element : y) {
        REQUIRE(std::isnan(element) == std::isnan(out));
        if (!std::isnan(out))
          REQUIRE((element == out || std::abs(element - out) <= std::numeric_limits<Scalar>::min()));
      }
      activation.backward(y, dy, dx);
      for (const Scalar element : dx) {
        if (!std::isnan(out)) REQUIRE(std::isfinite(element));
      }
    };
    const auto& [relu, sigmoid, tanh] =
        std::tie(activations<Scalar>[0], activations<Scalar>[1], activations<Scalar>[2]);
    for (const Scalar x : {Scalar(1e4), test::largest<Scalar>, test::infinity<Scalar>}) {
      check(relu, x, x);
      check(relu, -x, 0);
      check(sigmoid, x, 1);
      check(sigmoid, -x, 0);
      check(tanh, x, 1);
      check(tanh, -x, -1);
    }
    check(sigmoid, Scalar(-88.7), static_cast<Scalar>(1 / (1 + std::exp(88.7))));
    check(sigmoid, Scalar(88.7), 1);
    for (const auto& activation : activations<Scalar>)
      check(activation, test::not_a_number<Scalar>, test::not_a_number<Scalar>);
  }

  TEST_CASE_TEMPLATE("activations: rounding never leaves the range of the function", Scalar, float, double) {
    const Tensor<Scalar> x = Tensor<Scalar>::arange(Scalar(-30), Scalar(30), Scalar(0.0173));
    Tensor<Scalar> y(x.shape());
    ops::tanh<Scalar>(x, y.view());
    CHECK(y.array().abs().maxCoeff() <= 1);
    ops::sigmoid<Scalar>(x, y.view());
    CHECK(y.array().minCoeff() >= 0);
    CHECK(y.array().maxCoeff() <= 1);
  }

  TEST_CASE_TEMPLATE("relu_backward: the derivative at 0 is 0, and NaN in the gradient is passed on", Scalar,
                     float, double) {
    const Tensor<Scalar> x{-1, -0.0, 0, 2, test::not_a_number<Scalar>};
    const Tensor<Scalar> dy{5, 5, 5, test::not_a_number<Scalar>, 5};
    Tensor<Scalar> y(x.shape()), dx(x.shape());
    ops::relu<Scalar>(x, y.view());
    ops::relu_backward<Scalar>(y, dy, dx.view());
    CHECK(y(0) == 0);
    CHECK(y(3) == 2);
    CHECK(std::isnan(y(4)));
    CHECK(dx(0) == 0);
    CHECK(dx(1) == 0);
    CHECK(dx(2) == 0);
    CHECK(std::isnan(dx(3)));
  }

  TEST_CASE("activations: output and input may share memory") {
    Generator random(1);
    const Tensor<float> x = Tensor<float>::randn({37}, random);
    const Tensor<float> dy = Tensor<float>::randn({37}, random);
    for (const auto& activation : activations<float>) {
      CAPTURE(activation.name);
      Tensor<float> y(Shape{37}), dx(Shape{37}), y_in_place = x, dx_in_place = dy;
      activation.forward(x, y);
      activation.forward(y_in_place, y_in_place);
      activation.backward(y, dy, dx);
      activation.backward(y, dx_in_place, dx_in_place);
      CHECK(y == y_in_place);
      CHECK(dx == dx_in_place);
    }
  }

  TEST_CASE("activations: mismatched shapes are named") {
    Tensor<float> x(Shape{2, 3}), y(Shape{3, 2});
    CHECK_THROWS_WITH_AS(ops::relu<float>(x, y.view()), "relu: output has shape [3, 2], expected [2, 3]",
                         ShapeError);
    CHECK_THROWS_WITH_AS(ops::sigmoid_backward<float>(x, y, x.view()),
                         "sigmoid_backward: output gradient has shape [3, 2], expected [2, 3]", ShapeError);
    CHECK_THROWS_WITH_AS(ops::tanh_backward<float>(x, x, y.view()),
                         "tanh_backward: input gradient has shape [3, 2], expected [2, 3]", ShapeError);
  }
}

TEST_CASE_TEMPLATE("activations: are right at all limits and at every position", S, float, double) {
  using gradus::test::check_elementwise, gradus::test::with_output_gradient, gradus::test::exact_sigmoid;
  using gradus::test::Wide;
  constexpr Wide smallest = std::numeric_limits<S>::min(), dy = gradus::test::output_gradient;
  check_elementwise<S>({"relu", ops::relu<S>, [](Wide x) { return x < 0 ? 0 : x; }, 0});
  check_elementwise<S>({"sigmoid", ops::sigmoid<S>, exact_sigmoid, 3, smallest, true});
  check_elementwise<S>({"tanh", ops::tanh<S>, [](Wide x) { return std::tanh(x); }, 2});
  check_elementwise<S>({"relu_backward", with_output_gradient<S>(ops::relu_backward<S>),
                        [](Wide y) { return y <= 0 ? 0 : dy; }, 0});
  check_elementwise<S>({"sigmoid_backward", with_output_gradient<S>(ops::sigmoid_backward<S>),
                        [](Wide y) { return dy * y * (1 - y); }, 3, smallest, true});
  check_elementwise<S>({"tanh_backward", with_output_gradient<S>(ops::tanh_backward<S>),
                        [](Wide y) { return dy * (1 - y) * (1 + y); }, 3,
                        Wide(std::numeric_limits<S>::epsilon()), true});
}
