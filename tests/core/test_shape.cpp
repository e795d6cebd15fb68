// SPDX-License-Identifier: MIT

#include <array>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/shape.hpp>

namespace {

using gradus::Index;
using gradus::IndexError;
using gradus::Shape;
using gradus::ShapeError;

constexpr Index max_index = std::numeric_limits<Index>::max();

static_assert(Shape{2, 3}.size() == 6, "shapes work at compile time");
static_assert(Shape{2, 3}.with(0, 5) == Shape{5, 3});

}  // namespace

TEST_CASE("Shape: reports its rank, size and extents") {
  const Shape shape{2, 3, 4};
  CHECK(shape.rank() == 3);
  CHECK(shape.size() == 24);
  CHECK(shape[0] == 2);
  CHECK(shape[2] == 4);
  CHECK(shape[-1] == 4);
  CHECK(shape[-3] == 2);
  CHECK(std::vector<Index>(shape.begin(), shape.end()) == std::vector<Index>{2, 3, 4});
  CHECK(shape.extents().size() == 3);
  CHECK_FALSE(shape.empty());
}

TEST_CASE("Shape: rank 0 is one element") {
  const Shape scalar;
  CHECK(scalar.rank() == 0);
  CHECK(scalar.size() == 1);
  CHECK_FALSE(scalar.empty());
  CHECK(scalar.to_string() == "[]");
  CHECK(scalar.begin() == scalar.end());
  CHECK(scalar == Shape(std::span<const Index>()));
}

TEST_CASE("Shape: extents of 0 are allowed anywhere") {
  for (const Shape& shape : {Shape{0}, Shape{0, 3}, Shape{3, 0}, Shape{2, 0, 4}, Shape{0, 0}}) {
    CHECK(shape.size() == 0);
    CHECK(shape.empty());
  }
  // Without elements there is no overflow, on either side of the 0.
  CHECK(Shape{max_index, max_index, 0}.size() == 0);
  CHECK(Shape{0, max_index, max_index}.size() == 0);
}

TEST_CASE("Shape: negative extents are refused, even next to a 0") {
  CHECK_THROWS_WITH_AS((Shape{2, -1}), "Shape: [2, -1]: an extent is negative", ShapeError);
  CHECK_THROWS_AS((Shape{-1}), ShapeError);
  CHECK_THROWS_AS((Shape{0, -2}), ShapeError);
  CHECK_THROWS_AS((Shape{-2, 0}), ShapeError);
  CHECK_THROWS_AS((Shape{std::numeric_limits<Index>::min()}), ShapeError);
}

TEST_CASE("Shape: a number of elements beyond Index is refused") {
  CHECK(Shape{max_index}.size() == max_index);
  CHECK(Shape{1, max_index, 1}.size() == max_index);
  CHECK_THROWS_WITH_AS(
      (Shape{max_index, 2}),
      ("Shape: [" + std::to_string(max_index) + ", 2]: the number of elements overflows").c_str(),
      ShapeError);
  const Index half_bits = Index{1} << (4 * sizeof(Index));
  CHECK_THROWS_AS((Shape{half_bits, half_bits}), ShapeError);      // 2^64 wraps to 0
  CHECK_THROWS_AS((Shape{half_bits, half_bits / 2}), ShapeError);  // 2^63 wraps to a negative number
  CHECK(Shape{half_bits, half_bits / 4}.size() == half_bits * (half_bits / 4));
}

TEST_CASE("Shape: at most eight axes are allowed") {
  const std::array<Index, 9> ones{1, 1, 1, 1, 1, 1, 1, 1, 1};
  CHECK(Shape(std::span(ones).first(8)).rank() == 8);
  CHECK_THROWS_WITH_AS((Shape(std::span<const Index>(ones))), "Shape: rank 9, expected at most 8",
                       ShapeError);
  CHECK_THROWS_AS((Shape{1, 1, 1, 1, 1, 1, 1, 1, 1}), ShapeError);
  CHECK_THROWS_AS((Shape{1, 1, 1, 1, 1, 1, 1, 1}.prepend(2)), ShapeError);
}

TEST_CASE("Shape: an axis out of range is an error") {
  const Shape shape{2, 3};
  CHECK_THROWS_WITH_AS(shape[2], "Shape: axis is 2, expected one in [-2, 2) for shape [2, 3]", IndexError);
  CHECK_THROWS_AS(shape[-3], IndexError);
  CHECK_THROWS_AS(shape[max_index], IndexError);
  CHECK_THROWS_AS(shape[std::numeric_limits<Index>::min()], IndexError);
  CHECK_THROWS_AS(Shape{}[0], IndexError);
  CHECK_THROWS_AS(Shape{}[-1], IndexError);
  CHECK(shape.normalize_axis(-1) == 1);
  CHECK(shape.normalize_axis(0) == 0);
}

TEST_CASE("Shape: with replaces one extent") {
  const Shape shape{2, 3, 4};
  CHECK(shape.with(0, 7) == Shape{7, 3, 4});
  CHECK(shape.with(-1, 0) == Shape{2, 3, 0});
  CHECK(shape.with(-1, 0).size() == 0);
  CHECK(shape == Shape{2, 3, 4});
  CHECK_THROWS_AS(shape.with(3, 1), IndexError);
  CHECK_THROWS_AS(shape.with(0, -1), ShapeError);
  CHECK_THROWS_AS(shape.with(0, max_index), ShapeError);
  // An overflow hidden by a 0 appears when the 0 is replaced.
  CHECK_THROWS_AS((Shape{0, max_index, 2}.with(0, 1)), ShapeError);
}

TEST_CASE("Shape: the first axis can be added and removed") {
  CHECK(Shape{2, 3, 4}.without_first() == Shape{3, 4});
  CHECK(Shape{2}.without_first() == Shape{});
  CHECK_THROWS_AS(Shape{}.without_first(), IndexError);
  CHECK_THROWS_AS((Shape{0, max_index, 2}.without_first()), ShapeError);
  CHECK(Shape{3, 4}.prepend(2) == Shape{2, 3, 4});
  CHECK(Shape{}.prepend(5) == Shape{5});
  CHECK(Shape{max_index}.prepend(0).size() == 0);
  CHECK_THROWS_AS(Shape{max_index}.prepend(2), ShapeError);
  CHECK_THROWS_AS(Shape{2}.prepend(-1), ShapeError);
}

TEST_CASE("Shape: equality compares rank and extents, not size") {
  CHECK(Shape{2, 3} == Shape{2, 3});
  CHECK_FALSE(Shape{2, 3} == Shape{3, 2});
  CHECK_FALSE(Shape{6} == Shape{2, 3});
  CHECK_FALSE(Shape{1} == Shape{});
  CHECK_FALSE(Shape{0, 1} == Shape{0});
  CHECK(Shape{2, 3} != Shape{2, 4});
  // The remains of a longer shape must not count.
  CHECK(Shape{2, 3, 4}.without_first() == Shape{3, 4});
}

TEST_CASE("Shape: to_string lists the extents") {
  CHECK(Shape{32, 784}.to_string() == "[32, 784]");
  CHECK(Shape{0}.to_string() == "[0]");
}
