// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
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

const OperatorsUnderTest operators{
    Operators{{"add", [](const Inputs& x) { return x[0] + x[1]; }},
              {"subtract", [](const Inputs& x) { return x[0] - x[1]; }},
              {"multiply", [](const Inputs& x) { return x[0] * x[1]; }},
              {"divide", [](const Inputs& x) { return x[0] / x[1]; }},
              {"negate", [](const Inputs& x) { return -x[0]; }},
              {"add number", [](const Inputs& x) { return 2 + x[0] - 0.5; }},
              {"multiply number", [](const Inputs& x) { return 3 * x[0] * 0.7; }},
              {"divide number", [](const Inputs& x) { return x[0] / 3; }},
              {"number minus", [](const Inputs& x) { return 2 - x[0]; }},
              {"number divided", [](const Inputs& x) { return 2 / x[0]; }}}};

}  // namespace

TEST_CASE("arithmetic: values, first and second derivatives are correct") {
  test::check_operators(operators);
}

TEST_CASE("divide: 0 times infinity does not appear where the quotient is 0") {
  struct Case {
    double a, b, value, of_a, of_b;
  };
  const double tiny = 1e-320;
  for (const Case& c : std::vector<Case>{{0, 0, NaN, infinity, NaN},
                                         {0, tiny, 0, infinity, 0},
                                         {1, 0, infinity, infinity, -infinity},
                                         {1, infinity, 0, 0, 0},
                                         {0, infinity, 0, 0, 0},
                                         {infinity, 2, infinity, 0.5, -infinity},
                                         {0x1p900, 0x1p900, 1, 0x1p-900, -0x1p-900}}) {
    CAPTURE(c.a);
    CAPTURE(c.b);
    const V a(c.a, requires_grad), b(c.b, requires_grad);
    const V y = a / b;
    y.backward();
    check_same(Tensor<double>{y.item(), a.grad().item(), b.grad().item()}, {c.value, c.of_a, c.of_b});
    const V s(Tensor<double>::full({3}, c.a), requires_grad),
        t(Tensor<double>::full({3}, c.b), requires_grad);
    sum(s / t).backward();
    check_same(s.grad(), std::vector<double>(3, c.of_a));
    check_same(t.grad(), std::vector<double>(3, c.of_b));
  }
}

TEST_CASE("Variable: operators accept numbers on both sides") {
  const Variable x(Tensor<double>{2, 4}, requires_grad);
  const auto value = [](const Variable<double>& y) { return Tensor(y.value()); };
  CHECK(value(1.0 + x) == Tensor<double>{3, 5});
  CHECK(value(x + 1) == Tensor<double>{3, 5});
  CHECK(value(1 - x) == Tensor<double>{-1, -3});
  CHECK(value(x - 1) == Tensor<double>{1, 3});
  CHECK(value(3 * x) == Tensor<double>{6, 12});
  CHECK(value(x / 2) == Tensor<double>{1, 2});
  CHECK(value(8 / x) == Tensor<double>{4, 2});
  CHECK(value(-x) == Tensor<double>{-2, -4});
  CHECK(value(x + Tensor<double>{10, 20}) == Tensor<double>{12, 24});
  CHECK(value(Tensor<double>{10, 20} * x) == Tensor<double>{20, 80});
  sum(8 / x + 3 * x - (1 - x)).backward();
  CHECK(Tensor(x.grad()) == Tensor<double>{2, 3.5});
}

TEST_CASE("Variable: float variables mix with numbers of any type without a warning") {
  const Variable x(Tensor<float>{2});
  const int two = 2;
  const long double half = 0.5L;
  const auto value = [](const Variable<float>& y) { return y.value()(0); };
  CHECK(value(0.1 * x) == 0.1f * 2);
  CHECK(value(x * 0.1) == 0.1f * 2);
  CHECK(value(x + 0.1) == 0.1f + 2);
  CHECK(value(0.1 + x) == 0.1f + 2);
  CHECK(value(x - 0.1) == 2 - 0.1f);
  CHECK(value(0.1 - x) == 0.1f - 2);
  CHECK(value(x / 0.1) == 2 / 0.1f);
  CHECK(value(0.1 / x) == 0.1f / 2);
  CHECK(value(two * x) == 4);
  CHECK(value(x - two) == 0);
  CHECK(value(half * x) == 1);
  CHECK(value(add(x, 0.1)) == 0.1f + 2);
  CHECK(value(multiply(x, 0.1)) == 0.1f * 2);
  CHECK(value(pow(x, two)) == 4);
  CHECK(value(clamp(x, 0.1, 0.9)) == 0.9f);
  CHECK(value(maximum(x, 0.1)) == 2);
  CHECK(value(minimum(x, 0.1)) == 0.1f);
  CHECK(value(where(greater_than(x, 0.1), 0.1 * x, 0.1)) == 0.1f * 2);
  Variable y = x;
  y += 0.1;
  y -= 0.1;
  y *= 0.1;
  y /= 0.1;
  CHECK(value(y) == doctest::Approx(2));
  CHECK(Variable<float>(0.1).item() == 0.1f);
  static_assert(std::is_same_v<decltype(Variable(0.1f)), Variable<float>>);
  static_assert(std::is_same_v<decltype(Variable(0.1, requires_grad)), Variable<double>>);
}
