// SPDX-License-Identifier: MIT

#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>

#include "operator_checks.hpp"

using namespace gradus;

namespace {

using test::Inputs, test::Operators, test::OperatorsUnderTest;

constexpr Index most = std::numeric_limits<Index>::max(), least = std::numeric_limits<Index>::min();

const OperatorsUnderTest operators{Operators{
    {"reshape", [](const Inputs& x) { return reshape(x[0], {-1}); }},
    {"permute",
     [](const Inputs& x) {
       return permute(x[0], {2, 0, 1});
     }},
    {"transpose", [](const Inputs& x) { return transpose(x[0], 0, 2); }},
    {"transpose last", [](const Inputs& x) { return transpose(x[0]); }},
    {"permute empty",
     [](const Inputs& x) {
       return permute(x[0], {2, 0, 1});
     }},
    {"slice", [](const Inputs& x) { return slice_along(x[0], 0, 1, 4); }},
    {"slice step", [](const Inputs& x) { return slice_along(x[0], 1, 1, -1, 2); }},
    {"slice nothing", [](const Inputs& x) { return slice_along(x[0], 0, 2, 2); }},
    {"index_select",
     [](const Inputs& x) {
       return index_select(x[0], 0, {3, 0, 3, 3, 1});
     }},
    {"index_select last",
     [](const Inputs& x) {
       return index_select(x[0], 1, {2, 2, 0});
     }},
    {"index_select none", [](const Inputs& x) { return index_select(x[0], 1, {}); }},
    {"gather 0",
     [](const Inputs& x) {
       return gather(x[0], 0, Tensor<Index>{{2, 0}, {2, 2}});
     }},
    {"gather 1",
     [](const Inputs& x) {
       return gather(x[0], 1, Tensor<Index>{{2, 2, 0, 1}, {1, 1, 1, 1}});
     }},
    {"concatenate", [](const Inputs& x) { return concatenate(x); }},
    {"concatenate last",
     [](const Inputs& x) {
       return concatenate({x[0], x[1]}, -1);
     }},
    {"stack",
     [](const Inputs& x) {
       return stack_along({x[0], x[1], x[2]});
     }},
    {"stack last", [](const Inputs& x) { return stack_along(x, -1); }},
    {"stack scalars", [](const Inputs& x) { return stack_along(x); }},
}};

}  // namespace

TEST_CASE("shape operations: values, first and second derivatives are correct") {
  test::check_operators(operators);
}

TEST_SUITE("shape operations") {
  TEST_CASE("slice_along: the largest steps select the first element, and its gradient is right") {
    for (const Index step : {Index{3}, most / 2, most - 1, most}) {
      CAPTURE(step);
      const Variable x(Tensor<double>{{1, 2}, {3, 4}, {5, 6}}, requires_grad);
      const Variable y = slice_along(x, 0, 0, 3, step);
      CHECK(Tensor(y.value()) == Tensor<double>{{1, 2}});
      sum(y).backward();
      CHECK(Tensor(x.grad()) == Tensor<double>{{1, 1}, {0, 0}, {0, 0}});
      CHECK(slice_along(x, 1, -1, 2, step).shape() == Shape{3, 1});
      CHECK(slice_along(x, 0, 2, 2, step).shape() == Shape{0, 2});
    }
  }

  TEST_CASE("slice_along, index_select, gather: arguments near the limits of Index are errors") {
    const Variable x(Tensor<double>{{1, 2}, {3, 4}, {5, 6}});
    for (const Index bad : {least, least + 1, most - 1, most}) {
      CAPTURE(bad);
      CHECK_THROWS_AS(slice_along(x, 0, bad, 2), IndexError);
      CHECK_THROWS_AS(slice_along(x, 0, 2, bad), IndexError);
      CHECK_THROWS_AS(slice_along(x, bad, 0, 2), IndexError);
      CHECK_THROWS_AS(index_select(x, 0, {0, bad}), IndexError);
      CHECK_THROWS_AS(index_select(x, bad, {0}), IndexError);
      CHECK_THROWS_AS(gather(x, 0, Tensor<Index>{{bad, 0}}), IndexError);
      CHECK_THROWS_AS(sum(x, bad), IndexError);
      CHECK_THROWS_AS(transpose(x, bad, 0), IndexError);
      CHECK_THROWS_AS(permute(x, {0, bad}), IndexError);
      CHECK_THROWS_AS(stack_along({x, x}, bad), IndexError);
      CHECK_THROWS_AS(concatenate({x, x}, bad), IndexError);
      CHECK_THROWS_AS(reshape(x, {bad, 2}), ShapeError);
      CHECK_THROWS_AS(reshape(x, {-1, bad}), ShapeError);
    }
    for (const Index step : {Index{0}, Index{-1}, least})
      CHECK_THROWS_AS(slice_along(x, 0, 0, 2, step), ArgumentError);
  }

  TEST_CASE("concatenate: extents whose sum overflows are an error") {
    const Variable x(Tensor<double>(Shape{most, 0}));
    CHECK_THROWS_AS(concatenate({x, x}), ShapeError);
    CHECK_THROWS_AS(concatenate({x, x, x, x}), ShapeError);
    CHECK(concatenate({x, x}, 1).shape() == Shape{most, 0});
    CHECK_THROWS_AS(stack_along({x, x, Variable(Tensor<double>(Shape{0}))}), ShapeError);
  }

  TEST_CASE("shape operations: an empty tensor may have other extents whose product overflows") {
    const Index huge = Index{1} << 62;
    const Variable x(Tensor<double>(Shape{huge, huge, 0}), requires_grad);
    CHECK(slice_along(x, 0, 1, 3).shape() == Shape{2, huge, 0});
    CHECK(transpose(x, 0, 2).shape() == Shape{0, huge, huge});
    CHECK((x + x).shape() == x.shape());
    CHECK((x + Variable(1.0)).shape() == x.shape());
    CHECK(index_select(x, 0, {huge - 1}).shape() == Shape{1, huge, 0});
    sum(x).backward();
    CHECK(x.grad().shape() == x.shape());
    CHECK_THROWS_AS(sum(x, 2), ShapeError);
  }
}
