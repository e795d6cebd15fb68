// SPDX-License-Identifier: MIT

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>

#include "limits.hpp"
#include "operator_checks.hpp"

using namespace gradus;

namespace {

using test::check_same;

constexpr double NaN = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
using test::Inputs, test::Operators, test::OperatorsUnderTest, test::V;

V rounded(const V& x) {
  Tensor<double> rest(x.value());
  for (double& element : rest) element -= std::nearbyint(element);
  return x - rest;
}

void add_reductions(Operators& operators, const std::string& name,
                    const std::function<V(const V&, const Axes&, KeepDims)>& reduce) {
  operators[name + " all"] = [=](const Inputs& x) { return reduce(x[0], Axes::all(), KeepDims::no); };
  operators[name + " 0"] = [=](const Inputs& x) { return reduce(x[0], 0, KeepDims::no); };
  operators[name + " -1 kept"] = [=](const Inputs& x) { return reduce(x[0], -1, keep_dims); };
  operators[name + " 0 2"] = [=](const Inputs& x) { return reduce(x[0], {0, 2}, KeepDims::no); };
  operators[name + " 1 2 kept"] = [=](const Inputs& x) { return reduce(x[0], {1, 2}, keep_dims); };
}

Operators reductions() {
  Operators operators{
      {"sum", [](const Inputs& x) { return sum(x[0]); }},
      {"norm", [](const Inputs& x) { return norm(x[0]); }},
  };
  add_reductions(operators, "sum", [](const V& x, const Axes& a, KeepDims k) { return sum(x, a, k); });
  add_reductions(operators, "mean", [](const V& x, const Axes& a, KeepDims k) { return mean(x, a, k); });
  add_reductions(operators, "max", [](const V& x, const Axes& a, KeepDims k) { return max(x, a, k); });
  add_reductions(operators, "min", [](const V& x, const Axes& a, KeepDims k) { return min(x, a, k); });
  add_reductions(operators, "norm", [](const V& x, const Axes& a, KeepDims k) { return norm(x, a, k); });
  add_reductions(operators, "logsumexp",
                 [](const V& x, const Axes& a, KeepDims k) { return logsumexp(x, a, k); });
  add_reductions(operators, "max of ties",
                 [](const V& x, const Axes& a, KeepDims k) { return max(rounded(x), a, k); });
  return operators;
}

const OperatorsUnderTest operators{reductions()};

}  // namespace

TEST_CASE("reduction: values, first and second derivatives are correct") { test::check_operators(operators); }

TEST_CASE("max, min: NaN propagates to all elements that it was chosen from, and to no others") {
  const std::vector<std::vector<double>> rows{
      {1, NaN, 2}, {NaN, 1, 1}, {NaN, NaN, NaN}, {infinity, NaN, -infinity}};
  for (const auto& row : rows) {
    for (const bool largest : {true, false}) {
      const V x(Tensor<double>(Shape{3}, row), requires_grad);
      const V y = largest ? max(x) : min(x);
      CHECK(std::isnan(y.item()));
      y.backward();
      check_same(x.grad(), {NaN, NaN, NaN});
    }
  }
  for (const bool largest : {true, false}) {
    const V x(Tensor<double>{{1, NaN, 2}, {4, 4, 4}}, requires_grad);
    sum(largest ? max(x, 1) : min(x, 1, keep_dims)).backward();
    const double third = 1.0 / 3;
    check_same(x.grad(), {NaN, NaN, NaN, third, third, third});
    const V z(Tensor<double>{{1, NaN}, {2, 3}}, requires_grad);
    sum(largest ? max(z, 0) : min(z, 0)).backward();
    check_same(z.grad(), {largest ? 0.0 : 1.0, NaN, largest ? 1.0 : 0.0, NaN});
  }
}

TEST_CASE("max, min: infinities tie like other numbers") {
  const V x(Tensor<double>{{infinity, infinity, 1}, {-infinity, -infinity, -infinity}}, requires_grad);
  sum(max(x, 1)).backward();
  check_same(x.grad(), {0.5, 0.5, 0, 1.0 / 3, 1.0 / 3, 1.0 / 3});
}

TEST_CASE("norm: the gradient is 0 at 0, and NaN where the norm is NaN") {
  const V x(Tensor<double>{{0, 0, 0}, {NaN, 0, 0}, {3, NaN, 4}, {0, 3, 4}}, requires_grad);
  const V y = norm(x, 1);
  check_same(y.value(), {0, NaN, NaN, 5});
  sum(y).backward();
  check_same(x.grad(), {0, 0, 0, NaN, NaN, NaN, NaN, NaN, NaN, 0, 3.0 / 5, 4.0 / 5});
  const V z(Tensor<double>{infinity, 1}, requires_grad);
  norm(z).backward();
  check_same(z.grad(), {NaN, 0});
}

TEST_CASE_TEMPLATE("norm: is accurate if squares overflow or underflow, and NaN if an element is NaN", Scalar,
                   float, double) {
  using Limits = std::numeric_limits<Scalar>;
  const auto gradient_of_norm = [](const Tensor<Scalar>& values) -> Tensor<Scalar> {
    const Variable<Scalar> x(values, requires_grad);
    norm(x).backward();
    return Tensor<Scalar>(x.grad());
  };
  for (const Scalar unit : {Limits::denorm_min() * 64, Limits::min(), Limits::max() / 16}) {
    CAPTURE(unit);
    const Tensor<Scalar> x{3 * unit, 0, -4 * unit};
    CHECK(static_cast<double>(norm(Variable<Scalar>(x)).item() / unit) == doctest::Approx(5).epsilon(1e-6));
    const Tensor<Scalar> gradient = gradient_of_norm(x);
    CHECK(static_cast<double>(gradient(0)) == doctest::Approx(0.6).epsilon(1e-6));
    CHECK(gradient(1) == 0);
    CHECK(static_cast<double>(gradient(2)) == doctest::Approx(-0.8).epsilon(1e-6));
  }
  CHECK(gradient_of_norm(Tensor<Scalar>{0, 0}) == Tensor<Scalar>{0, 0});
  for (Index at = 0; at < 40; ++at) {
    Tensor<Scalar> x(Shape{40});
    x(at) = Limits::quiet_NaN();
    x((at + 1) % 40) = Limits::infinity();
    REQUIRE(std::isnan(norm(Variable<Scalar>(x)).item()));
    REQUIRE(gradient_of_norm(x).array().isNaN().all());
  }
}

TEST_CASE("sum, mean: ten million numbers and their gradients are accurate") {
  const Variable<float> x(Tensor<float>::full({10'000'000}, 0.1f), requires_grad);
  CHECK(std::abs(static_cast<double>(sum(x).item()) / (double{0.1f} * 1e7) - 1) <= 3e-7);
  CHECK(mean(x).item() == 0.1f);
  mean(x).backward();
  CHECK((x.grad().array() == 1e-7f).all());
  CHECK(mean(Variable<float>(Tensor<float>{3e38f, 3e38f})).item() == 3e38f);
}
