// SPDX-License-Identifier: MIT

#include <algorithm>
#include <array>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/permute.hpp>

using namespace gradus;

TEST_CASE("permute: moves every element for every order of three axes, and the inverse restores it") {
  Tensor<double> x(Shape{2, 3, 4});
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<double>(i);
  std::array<Index, 3> axes{0, 1, 2};
  do {
    const ops::AxisOrder order = ops::checked_order(x.shape(), axes);
    Tensor<double> y(ops::permuted_shape(x.shape(), order)), back(x.shape());
    ops::permute<double>(x, order, y.view());
    for (Index i = 0; i < 2; ++i)
      for (Index j = 0; j < 3; ++j)
        for (Index k = 0; k < 4; ++k) {
          const std::array<Index, 3> at{i, j, k};
          const auto of = [&](std::size_t axis) { return at[static_cast<std::size_t>(axes[axis])]; };
          CHECK(y(of(0), of(1), of(2)) == x(i, j, k));
        }
    ops::permute<double>(y, ops::inverse_order(order, 3), back.view());
    CHECK(back == x);
  } while (std::ranges::next_permutation(axes).found);
}

TEST_CASE("permute: refuses an order that is not a permutation") {
  const Shape x{2, 3};
  CHECK_THROWS_WITH_AS(ops::checked_order(x, std::array<Index, 2>{0, 0}),
                       "permute: order is (0, 0) for shape [2, 3], expected each axis once", ShapeError);
  CHECK_THROWS_AS(ops::checked_order(x, std::array<Index, 1>{0}), ShapeError);
  CHECK_THROWS_AS(ops::checked_order(x, std::array<Index, 2>{0, 2}), IndexError);
  CHECK(ops::checked_order(x, std::array<Index, 2>{-1, 0})[0] == 1);
}
