#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/broadcast.hpp>

using namespace gradus;

TEST_SUITE("broadcast") {
  TEST_CASE("shapes align at the last axis, and 1 stretches") {
    CHECK(ops::broadcast_shape("f", {2, 1}, {3}) == Shape{2, 3});
    CHECK(ops::broadcast_shape("f", {}, {2, 3}) == Shape{2, 3});
    CHECK(ops::broadcast_shape("f", {4, 1, 3}, {2, 1}) == Shape{4, 2, 3});
    CHECK(ops::broadcast_shape("f", {0, 3}, {1, 3}) == Shape{0, 3});
    CHECK_THROWS_WITH_AS(ops::broadcast_shape("add", {2, 3}, {4}),
                         "add: shapes [2, 3] and [4] do not broadcast", ShapeError);
    CHECK_THROWS_AS(ops::broadcast_shape("add", {0}, {2}), ShapeError);
  }

  TEST_CASE("every pair of repeating and contiguous operands, against indices") {
    const Shape shapes[] = {{}, {1}, {5}, {3, 1}, {1, 5}, {3, 5}, {2, 1, 5}, {2, 3, 1}, {2, 3, 5}, {2, 1, 1}};
    for (const Shape& shape_a : shapes) {
      for (const Shape& shape_b : shapes) {
        Tensor<double> a(shape_a), b(shape_b);
        for (Index i = 0; i < a.size(); ++i) a.data()[i] = static_cast<double>(i + 1);
        for (Index i = 0; i < b.size(); ++i) b.data()[i] = static_cast<double>(100 * i);
        Tensor<double> y(ops::broadcast_shape("f", shape_a, shape_b)), full_a(y.shape()), full_b(y.shape());
        const auto minus = [](const auto& x, const auto& z) { return x - z; };
        ops::broadcast<double>("f", minus, a, b, y.view());
        ops::expand<double>(a, full_a.view());
        ops::expand<double>(b, full_b.view());
        for (Index i = 0; i < y.size(); ++i) CHECK(y.data()[i] == full_a.data()[i] - full_b.data()[i]);
      }
    }
    Tensor<double> row{1, 2}, full(Shape{2, 2});
    ops::expand<double>(row, full.view());
    CHECK(full == Tensor<double>{{1, 2}, {1, 2}});
    ops::expand<double>(Tensor<double>{{1}, {2}}, full.view());
    CHECK(full == Tensor<double>{{1, 1}, {2, 2}});
  }

  TEST_CASE("sum_to is the transpose of expand: <expand x, y> = <x, sum_to y>") {
    const Shape shapes[] = {{}, {1}, {4}, {3, 1}, {1, 4}, {3, 4}, {1, 1, 4}, {2, 1, 1}, {2, 3, 1}, {2, 1, 4}};
    for (const Shape& shape : shapes) {
      Tensor<double> x(shape), y(Shape{2, 3, 4}), expanded(y.shape()), summed(shape);
      for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<double>(i * i + 1);
      for (Index i = 0; i < y.size(); ++i) y.data()[i] = static_cast<double>(i % 7);
      ops::expand<double>(x, expanded.view());
      ops::sum_to<double>(y, summed.view());
      CHECK((expanded.array() * y.array()).sum() == (x.array() * summed.array()).sum());
    }
    CHECK_THROWS_AS(ops::sum_to<double>(Tensor<double>(Shape{2, 3}), Tensor<double>(Shape{2}).view()),
                    ShapeError);
  }

  TEST_CASE("the sum of nothing is 0") {
    Tensor<double> y{7, 7};
    ops::sum_to<double>(Tensor<double>(Shape{0, 2}), y.view());
    CHECK(y == Tensor<double>{0, 0});
  }
}
