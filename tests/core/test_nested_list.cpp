// SPDX-License-Identifier: MIT

#include <array>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/nested_list.hpp>
#include <gradus/core/tensor.hpp>

using gradus::Shape;
using gradus::ShapeError;
using gradus::Tensor;

TEST_CASE("NestedList: braces of any depth give a tensor in row-major order") {
  CHECK(Tensor<float>{1, 2, 3}.shape() == Shape{3});
  CHECK(Tensor<float>{{1, 2, 3}, {4, 5, 6}}.shape() == Shape{2, 3});
  const Tensor<float> cube{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}, {{9, 10}, {11, 12}}};
  CHECK(cube.shape() == Shape{3, 2, 2});
  CHECK(cube == Tensor<float>(Shape{3, 2, 2}, std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
  CHECK(Tensor<int>{{{{{{{{1}}}}}}}}.shape() == Shape{1, 1, 1, 1, 1, 1, 1, 1});
}

TEST_CASE("NestedList: one element, one row and one column have their own shapes") {
  CHECK(Tensor<float>{7}.shape() == Shape{1});
  CHECK(Tensor<float>{{7}}.shape() == Shape{1, 1});
  CHECK(Tensor<float>{{1, 2}}.shape() == Shape{1, 2});
  CHECK(Tensor<float>{{1}, {2}}.shape() == Shape{2, 1});
  const Tensor<double> implicit = {{1, 2}, {3, 4}};
  CHECK(implicit(1, 0) == 3);
}

TEST_CASE("NestedList: empty braces give extents of 0") {
  CHECK(Tensor<float>{}.shape() == Shape{0});
  CHECK(Tensor<float>{{}, {}}.shape() == Shape{2, 0});
  CHECK(Tensor<float>({{}, {}}).empty());
}

TEST_CASE("NestedList: ragged braces are refused at every level") {
  CHECK_THROWS_WITH_AS((Tensor<float>{{1, 2}, {3}}),
                       "Tensor: nested braces have elements of shapes [2] and [1], expected equal shapes",
                       ShapeError);
  CHECK_THROWS_AS((Tensor<float>{{1, 2}, {}}), ShapeError);
  CHECK_THROWS_WITH_AS((Tensor<float>{{1, 2}, 3}),
                       "Tensor: nested braces have elements of shapes [2] and [], expected equal shapes",
                       ShapeError);
  CHECK_THROWS_AS((Tensor<float>{3, {1, 2}}), ShapeError);
  CHECK_THROWS_AS((Tensor<float>{{{1}, {2}}, {{3}, {4, 5}}}), ShapeError);
  CHECK_THROWS_AS((Tensor<float>{{{1, 2}}, {{3}, {4}}}), ShapeError);
  CHECK_THROWS_AS((Tensor<int>{{{{{{{{{1}}}}}}}}}), ShapeError);  // rank 9
}

TEST_CASE("NestedList: copy_to returns the end of what it wrote") {
  std::array<int, 5> out{};
  CHECK(gradus::NestedList<int>({{1, 2}, {3, 4}}).copy_to(out.data()) == out.data() + 4);
  CHECK(out == std::array<int, 5>{1, 2, 3, 4, 0});
}
