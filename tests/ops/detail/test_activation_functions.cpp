// SPDX-License-Identifier: MIT

#include <cmath>

#include <doctest/doctest.h>

#include <gradus/core/simd/pack.hpp>
#include <gradus/ops/detail/activation_functions.hpp>

using namespace gradus;
using namespace gradus::ops::detail;

namespace {

using Pack = simd::Pack<double, 4>;

template <class F>
double value(const F& f, double x) {
  double y[4];
  simd::store(y, f(simd::broadcast<double, 4>(x)));
  return y[2];
}

/// Checks f against `expected`, and `derivative`, which takes f's input or output, against a central
/// difference with dy = 1.
template <class F, class Derivative>
void check(const F& f, const Derivative& derivative, bool takes_output, double (*expected)(double)) {
  for (const double x : {-7.5, -2.0, -0.3, 0.2, 1.0, 3.5, 25.0}) {
    CAPTURE(x);
    CHECK(value(f, x) == doctest::Approx(expected(x)).epsilon(1e-14));
    constexpr double step = 1e-5;
    const double slope = (value(f, x + step) - value(f, x - step)) / (2 * step);
    const Pack at = simd::broadcast<double, 4>(takes_output ? value(f, x) : x);
    double dx[4];
    simd::store(dx, derivative(at, simd::broadcast<double, 4>(1.0)));
    CHECK(dx[2] == doctest::Approx(slope).epsilon(1e-7));
  }
}

}  // namespace

TEST_CASE("activation functions: values and derivatives on packs") {
  SUBCASE("relu") {
    check(Relu{}, ReluBackward{}, true, [](double x) { return std::fmax(x, 0); });
  }
  SUBCASE("sigmoid") {
    check(Sigmoid{}, SigmoidBackward{}, true, [](double x) { return 1 / (1 + std::exp(-x)); });
  }
  SUBCASE("tanh") {
    check(Tanh{}, TanhBackward{}, true, [](double x) { return std::tanh(x); });
  }
  SUBCASE("leaky relu") {
    check(LeakyRelu<double>{0.1}, LeakyReluBackward<double>{0.1}, false,
          [](double x) { return x > 0 ? x : 0.1 * x; });
  }
  SUBCASE("elu") {
    check(Elu<double>{0.7}, EluBackward<double>{0.7}, false,
          [](double x) { return x > 0 ? x : 0.7 * std::expm1(x); });
  }
  SUBCASE("silu") {
    check(Silu{}, SiluBackward{}, false, [](double x) { return x / (1 + std::exp(-x)); });
  }
  SUBCASE("gelu_tanh") {
    check(GeluTanh{}, GeluTanhBackward{}, false, [](double x) {
      return x / (1 + std::exp(-2 * std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x)));
    });
  }
  SUBCASE("softplus") {
    check(Softplus<double>{2, 20}, SoftplusBackward<double>{2, 20}, false,
          [](double x) { return x > 10 ? x : std::log1p(std::exp(2 * x)) / 2; });
  }
}

TEST_CASE("activation functions: exact_gelu is x/2 (1 + erf(x / sqrt 2))") {
  for (const double x : {-3.0, -0.5, 0.0, 0.5, 3.0})
    CHECK(exact_gelu(x) == doctest::Approx(x / 2 * (1 + std::erf(x / std::sqrt(2.0)))).epsilon(1e-13));
}
