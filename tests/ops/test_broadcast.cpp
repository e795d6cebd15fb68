// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/broadcast.hpp>

using namespace gradus;

TEST_SUITE("broadcast") {
  TEST_CASE("broadcast_shape: shapes align at the last axis, and extents of 1 stretch") {
    CHECK(ops::broadcast_shape("f", {2, 1}, {3}) == Shape{2, 3});
    CHECK(ops::broadcast_shape("f", {}, {2, 3}) == Shape{2, 3});
    CHECK(ops::broadcast_shape("f", {4, 1, 3}, {2, 1}) == Shape{4, 2, 3});
    CHECK(ops::broadcast_shape("f", {0, 3}, {1, 3}) == Shape{0, 3});
    CHECK_THROWS_WITH_AS(ops::broadcast_shape("add", {2, 3}, {4}),
                         "add: shapes [2, 3] and [4], expected shapes that broadcast", ShapeError);
    CHECK_THROWS_AS(ops::broadcast_shape("add", {0}, {2}), ShapeError);
  }

  TEST_CASE("broadcast: every pair of repeating and contiguous operands equals a loop over indices") {
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

  TEST_CASE("sum_to: is the transpose of expand: <expand x, y> = <x, sum_to y>") {
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

  TEST_CASE("sum_to, mean_to: reduce any of four axes") {
    const Shape from{2, 3, 5, 40};
    Tensor<float> x(from);
    for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i % 97);
    for (int kept = 0; kept < 16; ++kept) {
      CAPTURE(kept);
      Shape to = from;
      for (Index axis = 0; axis < 4; ++axis) {
        if ((kept >> axis & 1) == 0) to = to.with(axis, 1);
      }
      Tensor<float> expected(to), summed(to), averaged(to);
      for (Index i = 0; i < x.size(); ++i) {
        Index at[4] = {i / 600, i / 200 % 3, i / 40 % 5, i % 40};
        for (int axis = 0; axis < 4; ++axis) at[axis] = to[axis] == 1 ? 0 : at[axis];
        expected(at[0], at[1], at[2], at[3]) += x.data()[i];
      }
      ops::sum_to<float>(x, summed.view());
      CHECK(summed == expected);
      ops::mean_to<float>(x, averaged.view());
      const auto count = static_cast<float>(x.size() / to.size());
      CHECK(((averaged.array() - expected.array() / count).abs() <= 1e-5f).all());
    }
  }

  TEST_CASE("sum_to: ten million times 0.1f along every axis is accurate to 1e-6") {
    const Index n = 10'000'000;
    const Tensor<float> x = Tensor<float>::full({n}, 0.1f);
    struct {
      Shape from, to;
    } const cases[] = {{{n}, {1}},
                       {{n, 1}, {1, 1}},
                       {{n / 10, 10}, {1, 10}},
                       {{n / 64, 64}, {64}},
                       {{10, n / 10}, {10, 1}},
                       {{2, n / 20, 10}, {2, 1, 10}},
                       {{2, n / 2}, {1, n / 2}},
                       {{n / 20, 2, 10}, {2, 1}},
                       {{n / 40, 2, 4, 5}, {2, 1, 5}}};
    for (const auto& shapes : cases) {
      const Shape &from = shapes.from, &to = shapes.to;
      CAPTURE(from.to_string());
      Tensor<float> summed(to), averaged(to);
      ops::sum_to<float>(x.view().reshape(from), summed.view());
      ops::mean_to<float>(x.view().reshape(from), averaged.view());
      const double exact = double{0.1f} * static_cast<double>(from.size() / to.size());
      double sum_error = 0, mean_error = 0;
      for (const float sum : summed)
        sum_error = std::max(sum_error, std::abs(static_cast<double>(sum) / exact - 1));
      for (const float mean : averaged)
        mean_error = std::max(mean_error, std::abs(static_cast<double>(mean) / double{0.1f} - 1));
      CHECK(sum_error <= 3e-7);
      CHECK(mean_error <= 3e-7);
    }
  }

  TEST_CASE("mean_to: the mean of no elements is NaN, that of the largest numbers is finite") {
    Tensor<float> y(Shape{1, 2});
    ops::mean_to<float>(Tensor<float>(Shape{0, 2}), y.view());
    CHECK(y.array().isNaN().all());
    ops::mean_to<float>(Tensor<float>{{3e38f, -1}, {1e38f, 2}}, y.view());
    CHECK(y(0, 0) == 2e38f);
    CHECK(y(0, 1) == 0.5f);
  }

  TEST_CASE("sum_to: the sum of no elements is 0") {
    Tensor<double> y{7, 7};
    ops::sum_to<double>(Tensor<double>(Shape{0, 2}), y.view());
    CHECK(y == Tensor<double>{0, 0});
  }
}
