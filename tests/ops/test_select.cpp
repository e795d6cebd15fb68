// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/select.hpp>

using namespace gradus;

TEST_CASE("where, compare: broadcast all of their operands") {
  const Tensor<double> a{{1}, {2}}, b{1.5, 0.5, 2};
  Tensor<bool> larger(Shape{2, 3});
  ops::compare<double>([](double x, double z) { return x > z; }, a, b, larger.view());
  CHECK(larger == Tensor<bool>{{false, true, false}, {true, true, false}});
  Tensor<double> y(Shape{2, 3});
  ops::where<double>(larger.view(), a, b, y.view());
  CHECK(y == Tensor<double>{{1.5, 1, 2}, {2, 2, 2}});
  const Tensor<bool> column{{true}, {false}};
  ops::where<double>(column.view(), Tensor<double>::scalar(7), b, y.view());
  CHECK(y == Tensor<double>{{7, 7, 7}, {1.5, 0.5, 2}});
  CHECK_THROWS_AS(ops::where<double>(column.view(), a, Tensor<double>(Shape{4}), y.view()), ShapeError);
}
