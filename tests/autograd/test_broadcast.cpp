// SPDX-License-Identifier: MIT

#include <cmath>
#include <string>

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>

#include "operator_checks.hpp"

using namespace gradus;

namespace {

using test::Inputs, test::Operators, test::OperatorsUnderTest;

template <class E, class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  }
  return "no error";
}

const OperatorsUnderTest operators{
    Operators{{"expand", [](const Inputs& x) { return expand(x[0], x[0].shape().prepend(2)); }},
              {"sum_to", [](const Inputs& x) {
                 return sum_to(x[0], Shape{1, 3});
               }}}};

}  // namespace

TEST_CASE("broadcast: values, first and second derivatives are correct") { test::check_operators(operators); }

TEST_CASE("broadcast: equal shapes create no node") {
  const Variable x(Tensor<double>{1, 2}, requires_grad);
  CHECK(expand(x, {2}).node().get() == x.node().get());
  CHECK(sum_to(x, {2}).node().get() == x.node().get());
}

TEST_CASE("broadcast: the gradient of a broadcast operand is an accurate sum") {
  const Variable<float> bias(Tensor<float>{0, 0}, requires_grad),
      factor(Tensor<float>(Shape{}), requires_grad);
  const Variable<float> x(Tensor<float>::full({5'000'000, 2}, 0.1f));
  sum((x * factor + bias) * 0.1f).backward();
  for (const float gradient : bias.grad())
    CHECK(std::abs(static_cast<double>(gradient) / (double{0.1f} * 5e6) - 1) <= 3e-7);
  const double exact = double{0.1f} * double{0.1f} * 1e7;
  CHECK(std::abs(static_cast<double>(factor.grad().item()) / exact - 1) <= 3e-7);
}

TEST_CASE("broadcast: incompatible shapes are named in the error") {
  const Variable<double> a(Tensor<double>(Shape{2, 3})), b(Tensor<double>(Shape{4}));
  CHECK(message_of<ShapeError>([&] { a + b; }) ==
        "add: shapes [2, 3] and [4], expected shapes that broadcast");
  CHECK(message_of<ShapeError>([&] { b / a; }) ==
        "divide: shapes [4] and [2, 3], expected shapes that broadcast");
}
