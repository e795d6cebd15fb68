// SPDX-License-Identifier: MIT

#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/indexing.hpp>

using namespace gradus;

TEST_SUITE("indexing") {
  TEST_CASE("slice, slice_add: work along a middle axis with a step") {
    Tensor<double> x(Shape{2, 5, 2});
    for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<double>(i);
    Tensor<double> y(Shape{2, 2, 2});
    ops::slice<double>(x, 1, 1, 2, y.view());
    CHECK(y == Tensor<double>{{{2, 3}, {6, 7}}, {{12, 13}, {16, 17}}});
    Tensor<double> dx = Tensor<double>::ones(x.shape());
    ops::slice_add<double>(y, 1, 1, 2, dx.view());
    CHECK(dx(0, 1, 0) == 3);
    CHECK(dx(0, 2, 0) == 1);
    CHECK(dx(1, 3, 1) == 18);
  }

  TEST_CASE("index_add, scatter_add: repeated indices accumulate") {
    const std::vector<Index> indices{1, 1, 0};
    Tensor<double> y(Shape{3, 2}), dx(Shape{2, 2});
    ops::index_select<double>(Tensor<double>{{1, 2}, {3, 4}}, 0, indices, y.view());
    CHECK(y == Tensor<double>{{3, 4}, {3, 4}, {1, 2}});
    ops::index_add<double>(Tensor<double>{{1, 2}, {10, 20}, {5, 6}}, 0, indices, dx.view());
    CHECK(dx == Tensor<double>{{5, 6}, {11, 22}});
    const Tensor<Index> picked{{0, 0}, {0, 1}};
    Tensor<double> sums(Shape{2, 2});
    ops::scatter_add<double>(Tensor<double>{{1, 2}, {4, 8}}, 0, picked, sums.view());
    CHECK(sums == Tensor<double>{{5, 2}, {0, 8}});
  }

  TEST_CASE("index_add, scatter_add: many terms are accurate to 1e-6 and are added to the previous value") {
    const Index count = 3'000'000;
    const auto dy = Tensor<float>::full({count, 1}, 0.1f);
    const std::vector<Index> ones(static_cast<std::size_t>(count), 1);
    const double exact = 2 + double{0.1f} * static_cast<double>(count);
    auto dx = Tensor<float>::full({3, 1}, 2);
    ops::index_add<float>(dy, 0, ones, dx.view());
    CHECK(std::abs(static_cast<double>(dx(1, 0)) / exact - 1) <= 1e-7);
    CHECK(dx(0, 0) == 2);
    CHECK(dx(2, 0) == 2);
    auto sums = Tensor<float>::full({3, 1}, 2);
    ops::scatter_add<float>(dy, 0, Tensor<Index>::ones({count, 1}), sums.view());
    CHECK(sums == dx);
  }

  TEST_CASE("indexing: an index out of range is named, and the output is unchanged") {
    Tensor<double> y(Shape{1, 2}), dx(Shape{2, 2});
    const std::vector<Index> indices{2};
    CHECK_THROWS_WITH_AS(ops::index_select<double>(Tensor<double>{{1, 2}, {3, 4}}, 0, indices, y.view()),
                         "index_select: index 2 along axis 0, expected one in [0, 2)", IndexError);
    CHECK_THROWS_AS(ops::index_add<double>(y, 0, indices, dx.view()), IndexError);
    CHECK(dx == Tensor<double>{{0, 0}, {0, 0}});
    CHECK_THROWS_WITH_AS(
        ops::gather<double>(Tensor<double>{{1, 2}}, 1, Tensor<Index>{{-1}}, Tensor<double>{{0}}.view()),
        "gather: index -1 along axis 1, expected one in [0, 2)", IndexError);
    CHECK_THROWS_AS(ops::gather<double>(Tensor<double>{{1, 2}}, 1, Tensor<Index>{{0}, {0}},
                                        Tensor<double>{{0}, {0}}.view()),
                    ShapeError);
  }

  TEST_CASE("indexing: an empty tensor may have other extents whose product overflows") {
    const Index huge = Index{1} << 62;
    const Shape shape{huge, huge, 0};
    Tensor<double> x(shape), y(Shape{1, huge, 0}), dx(shape);
    ops::slice<double>(x, 0, 0, 1, y.view());
    ops::slice_add<double>(y, 0, 0, 1, dx.view());
    ops::index_select<double>(x, 0, std::vector<Index>{huge - 1}, y.view());
    ops::index_add<double>(y, 0, std::vector<Index>{huge - 1}, dx.view());
    Tensor<Index> indices(Shape{0, huge, 0});
    Tensor<double> none(indices.shape());
    ops::gather<double>(x, 0, indices, none.view());
    ops::scatter_add<double>(none, 0, indices, dx.view());
    CHECK(dx.shape() == shape);
  }
}
