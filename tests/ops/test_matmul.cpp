// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/matmul.hpp>

using namespace gradus;
using ops::Transpose;

TEST_SUITE("matmul") {
  TEST_CASE("matmul_shape: broadcasts batch axes and refuses mismatched shapes") {
    CHECK(ops::matmul_shape({2, 3}, Transpose::no, {3, 4}, Transpose::no) == Shape{2, 4});
    CHECK(ops::matmul_shape({3, 2}, Transpose::yes, {4, 3}, Transpose::yes) == Shape{2, 4});
    CHECK(ops::matmul_shape({5, 1, 2, 3}, Transpose::no, {7, 3, 4}, Transpose::no) == Shape{5, 7, 2, 4});
    CHECK_THROWS_WITH_AS(ops::matmul_shape({2, 3}, Transpose::no, {2, 3}, Transpose::no),
                         "matmul: shapes [2, 3] and [2, 3], expected [..., M, K] and [..., K, N]",
                         ShapeError);
    CHECK_THROWS_AS(ops::matmul_shape({3}, Transpose::no, {3, 4}, Transpose::no), ShapeError);
    CHECK_THROWS_WITH_AS(ops::matmul_shape({5, 2, 3}, Transpose::no, {4, 3, 2}, Transpose::no),
                         "matmul: shapes [5] and [4], expected shapes that broadcast", ShapeError);
  }

  TEST_CASE("matmul: a batch axis that the result lacks is summed, whichever side is transposed") {
    Tensor<double> a(Shape{4, 2, 3}), b(Shape{4, 3, 2});
    for (Index i = 0; i < a.size(); ++i) a.data()[i] = static_cast<double>(i % 5 - 2);
    for (Index i = 0; i < b.size(); ++i) b.data()[i] = static_cast<double>(i % 7 - 3);
    Tensor<double> expected(Shape{2, 2}), y = Tensor<double>::full({2, 2}, 99);
    for (Index i = 0; i < 4; ++i) expected.matrix() += a[i].matrix() * b[i].matrix();
    ops::matmul<double>(a, Transpose::no, b, Transpose::no, y.view());
    CHECK(y == expected);
    Tensor<double> left(Shape{4, 3, 3}), right(Shape{4, 2, 2});
    ops::matmul<double>(a, Transpose::yes, b, Transpose::yes, left.view());
    ops::matmul<double>(a, Transpose::no, a, Transpose::yes, right.view());
    for (Index i = 0; i < 4; ++i) {
      CHECK(Tensor(left[i]) ==
            Tensor<double>((a[i].matrix().transpose() * b[i].matrix().transpose()).eval()));
      CHECK(Tensor(right[i]) == Tensor<double>((a[i].matrix() * a[i].matrix().transpose()).eval()));
    }
  }

  TEST_CASE("matmul: a sum of no terms gives zeros") {
    Tensor<double> y = Tensor<double>::full({2, 3}, 99);
    ops::matmul<double>(Tensor<double>(Shape{2, 0}), Transpose::no, Tensor<double>(Shape{0, 3}),
                        Transpose::no, y.view());
    CHECK(y == Tensor<double>(Shape{2, 3}));
    y.fill(99);
    ops::matmul<double>(Tensor<double>(Shape{0, 2, 1}), Transpose::no, Tensor<double>(Shape{1, 3}),
                        Transpose::no, y.view());
    CHECK(y == Tensor<double>(Shape{2, 3}));
  }
}
