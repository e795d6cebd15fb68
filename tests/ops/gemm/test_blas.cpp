// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/ops/gemm/blas.hpp>

#include "gemm_reference.hpp"

using gradus::Index;
using gradus::MatrixView;
namespace detail = gradus::ops::detail;
namespace test = gradus::test;
using test::Layout;

TEST_CASE("is_row_major: requires contiguous rows that do not overlap, or a single row") {
  const auto view = [](Index rows, Index columns, Index row_stride, Index column_stride) {
    return MatrixView<const float>(nullptr, rows, columns, row_stride, column_stride);
  };
  CHECK(detail::is_row_major(view(3, 4, 4, 1)));
  CHECK(detail::is_row_major(view(3, 4, 9, 1)));
  CHECK_FALSE(detail::is_row_major(view(3, 4, 3, 1)));
  CHECK(detail::is_row_major(view(1, 4, 0, 1)));
  CHECK_FALSE(detail::is_row_major(view(3, 4, 8, 2)));
  CHECK_FALSE(detail::is_row_major(view(3, 4, 1, 3)));
  CHECK(detail::is_row_or_column_major(view(3, 4, 1, 3)));
  CHECK_FALSE(detail::is_row_or_column_major(view(3, 4, 8, 2)));
}

TEST_CASE("with_order: gives the same elements as an Eigen matrix of either order") {
  for (const Layout layout : {Layout::row_major, Layout::column_major}) {
    const test::IntegerMatrix<float> m(3, 4, layout, 1);
    Index visited = 0;
    detail::with_order(m.view(), [&](const auto& map) {
      CHECK(map.rows() == 3);
      CHECK(map.cols() == 4);
      for (Index i = 0; i < 3; ++i)
        for (Index j = 0; j < 4; ++j, ++visited) CHECK(map(i, j) == m.view()(i, j));
    });
    CHECK(visited == 12);
  }
}

TEST_CASE_TEMPLATE("multiply_by_blas: takes large products in either order and declines others", S, float,
                   double) {
  bool was_done = true;
  const auto multiply = [&](MatrixView<const S> a, MatrixView<const S> b, MatrixView<S> c, bool accumulate) {
    was_done = detail::multiply_by_blas(a, b, c, accumulate);
  };
  const auto multiplies = [&](Index size, Layout a, Layout b, Layout c) {
    return test::multiplies<S>(size, size, size, a, b, c, multiply);
  };
  for (const Layout a : {Layout::row_major, Layout::column_major})
    for (const Layout b : {Layout::row_major, Layout::column_major}) {
      CHECK(multiplies(32, a, b, Layout::row_major));
      CHECK(multiplies(45, a, b, Layout::row_major));
      CHECK(was_done);
    }
  const auto check_left_alone = [&](Index size, Layout a, Layout b, Layout c) {
    const test::IntegerMatrix<S> left(size, size, a, 1), right(size, size, b, 2), before(size, size, c, 3);
    test::IntegerMatrix<S> result = before;
    CHECK_FALSE(detail::multiply_by_blas(left.view(), right.view(), result.view(), false));
    bool is_same = true;
    for (Index i = 0; i < size; ++i)
      for (Index j = 0; j < size; ++j) is_same = is_same && result.view()(i, j) == before.view()(i, j);
    CHECK(is_same);
  };
  check_left_alone(31, Layout::row_major, Layout::row_major, Layout::row_major);
  check_left_alone(32, Layout::scattered, Layout::row_major, Layout::row_major);
  check_left_alone(32, Layout::row_major, Layout::scattered, Layout::row_major);
  check_left_alone(32, Layout::row_major, Layout::row_major, Layout::column_major);
}
