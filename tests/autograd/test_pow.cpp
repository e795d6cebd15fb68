// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>

#include "operator_checks.hpp"

using namespace gradus;

namespace {

using test::Inputs, test::Operators, test::OperatorsUnderTest;

const OperatorsUnderTest operators{Operators{
    {"power", [](const Inputs& x) { return pow(x[0], x[1]); }},
    {"pow 3", [](const Inputs& x) { return pow(x[0], 3); }},
    {"pow -0.5", [](const Inputs& x) { return pow(x[0], -0.5); }},
    {"pow 0", [](const Inputs& x) { return pow(x[0], 0); }},
}};

constexpr double NaN = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Returns y, dy/dx, d2y/dx2, ... up to this order; 0 once a derivative no longer depends on x.
template <class Scalar, class F>
std::vector<Scalar> derivatives(const F& f, Scalar at, int order) {
  // Two more elements, so that the tested one is part of an array with ordinary neighbours.
  const Variable<Scalar> x(Tensor<Scalar>{Scalar{1.5f}, at, Scalar{2}}, requires_grad);
  Variable<Scalar> y = f(x);
  std::vector<Scalar> found;
  for (int i = 0; i <= order; ++i) {
    found.push_back(y.value()(1));
    if (i == order) break;
    if (!y.requires_grad()) {
      y = Variable<Scalar>(Tensor<Scalar>(Shape{3}));
      continue;
    }
    y = grad(sum(y), std::vector<Variable<Scalar>>{x}, {.create_graph = true})[0];
  }
  return found;
}

template <class Scalar>
void check_equal(const std::vector<Scalar>& found, const std::vector<Scalar>& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    if (std::isnan(expected[i]))
      CHECK(std::isnan(found[i]));
    else
      CHECK(found[i] == expected[i]);
  }
}

/// Returns p (p - 1) ... (p - k + 1) x^(p - k), or 0 if a factor is 0.
template <class Scalar>
std::vector<Scalar> expected_derivatives(Scalar x, Scalar p, int order) {
  std::vector<Scalar> all;
  Scalar factor = 1;
  for (int k = 0; k <= order; ++k) {
    const Scalar left = p - static_cast<Scalar>(k);
    all.push_back(factor == 0 ? Scalar{0} : factor * std::pow(x, left));
    factor *= left;
  }
  return all;
}

}  // namespace

TEST_CASE("pow: values, first and second derivatives are correct") { test::check_operators(operators); }

TEST_SUITE("pow") {
  TEST_CASE_TEMPLATE(
      "pow: derivatives of every order at 0 are exact, for exponents that are numbers or variables", Scalar,
      float, double) {
    for (const Scalar p : {Scalar{0}, Scalar{1}, Scalar{2}, Scalar{3}, Scalar{5}}) {
      for (const Scalar x : {Scalar{0}, -Scalar{0}, Scalar{2}, Scalar{-1}}) {
        CAPTURE(p);
        CAPTURE(x);
        const auto expected = expected_derivatives(x, p, 9);
        check_equal(derivatives<Scalar>([p](const auto& v) { return pow(v, p); }, x, 9), expected);
        check_equal(derivatives<Scalar>([p](const auto& v) { return pow(v, Variable<Scalar>(p)); }, x, 9),
                    expected);
        const Variable<Scalar> exponents(Tensor<Scalar>{p, p, p}, requires_grad);
        check_equal(derivatives<Scalar>([&](const auto& v) { return pow(v, exponents); }, x, 9), expected);
      }
    }
  }

  TEST_CASE("pow: fractional and negative exponents at 0 give infinity as in PyTorch, never NaN") {
    for (const double p : {0.5, 1.5, 2.5, -1.0, -0.5, -2.0}) {
      CAPTURE(p);
      const auto expected = expected_derivatives(0.0, p, 6);
      check_equal(derivatives<double>([p](const auto& v) { return pow(v, p); }, 0, 6), expected);
      check_equal(derivatives<double>([p](const auto& v) { return pow(v, Variable(p)); }, 0, 6), expected);
    }
  }

  TEST_CASE(
      "pow: derivatives of a higher order than the exponent are 0, also at tiny, infinite and NaN bases") {
    for (const double x : {1e-200, std::numeric_limits<double>::denorm_min(), infinity, -infinity, NaN}) {
      CAPTURE(x);
      for (const bool is_variable : {false, true}) {
        const auto square = [=](const Variable<double>& v) {
          return is_variable ? pow(v, Variable(2.0)) : pow(v, 2.0);
        };
        const auto found = derivatives<double>(square, x, 6);
        check_equal<double>({found.begin() + 2, found.end()}, {2, 0, 0, 0, 0});
      }
    }
  }

  TEST_CASE("pow: gradients of two variables equal PyTorch's at the base 0 and at the limits") {
    struct Case {
      double base, exponent, value, by_base, by_exponent;
    };
    // PyTorch 1.13, torch.autograd.grad of torch.pow(a, b)
    const std::vector<Case> cases{{0, 0, 1, 0, 0},
                                  {0, 2, 0, 0, 0},
                                  {0, 0.5, 0, infinity, 0},
                                  {0, -1, infinity, -infinity, -infinity},
                                  {-0.0, 2, 0, 0, 0},
                                  {-0.0, 0, 1, 0, 0},
                                  {-2, 2, 4, -4, NaN},
                                  {NaN, 0, 1, 0, NaN},
                                  {infinity, 0, 1, 0, infinity},
                                  {0, NaN, NaN, NaN, NaN},
                                  {1, NaN, 1, NaN, 0},
                                  {0, infinity, 0, NaN, 0},
                                  {0, 1, 0, 1, 0},
                                  {1, 0, 1, 0, 0}};
    for (const Case& c : cases) {
      CAPTURE(c.base);
      CAPTURE(c.exponent);
      const std::vector<double> expected{c.value, c.by_base, c.by_exponent};
      const Variable a(c.base, requires_grad), b(c.exponent, requires_grad);
      const Variable y = pow(a, b);
      y.backward();
      check_equal<double>({y.item(), a.grad().item(), b.grad().item()}, expected);

      const Variable bases(Tensor<double>{2, c.base, 3}, requires_grad),
          exponents(Tensor<double>{2, c.exponent, 1}, requires_grad);
      const Variable powers = pow(bases, exponents);
      sum(powers).backward();
      check_equal<double>({powers.value()(1), bases.grad()(1), exponents.grad()(1)}, expected);
      CHECK(bases.grad()(0) == 4);
      CHECK(exponents.grad()(2) == doctest::Approx(3 * std::log(3.0)));
    }
  }

  TEST_CASE("pow: mixed derivatives of two variables are correct, and 0 where the base is 0") {
    const Variable a(Tensor<double>{0, 2, 4}, requires_grad), b(Tensor<double>{2, 0, 3}, requires_grad);
    const auto first = grad(sum(pow(a, b)), std::vector{a, b}, {.create_graph = true});
    const auto by_base = grad(sum(first[0]), std::vector{a, b}, {.create_graph = true});
    const auto by_exponent = grad(sum(first[1]), std::vector{a, b});
    CHECK(by_base[0].value()(0) == 2);
    CHECK(by_base[1].value()(0) == 0);
    CHECK(by_exponent[0].value()(0) == 0);
    CHECK(by_exponent[1].value()(0) == 0);
    CHECK(by_base[1].value()(1) == 0.5);  // d2/da db at b = 0 is 1/a
    CHECK(by_exponent[0].value()(1) == 0.5);
    CHECK(by_exponent[1].value()(2) == doctest::Approx(64 * std::log(4.0) * std::log(4.0)));
  }
}
