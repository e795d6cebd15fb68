// SPDX-License-Identifier: MIT

#include <array>
#include <cstddef>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/ops/detail/strided.hpp>

using gradus::Index;
using gradus::Shape;
using namespace gradus::ops::detail;

namespace {

/// Returns the first strides, one per axis of the shape.
std::vector<Index> first_of(const Strides& strides, const Shape& shape) {
  return {strides.begin(), strides.begin() + shape.rank()};
}

/// Returns the offset of each element of `shape`, in order, computed by a loop over all indices.
std::vector<Index> naive_offsets(const Shape& shape, const Strides& strides) {
  std::vector<Index> offsets;
  for (Index i = 0; i < shape.size(); ++i) {
    Index rest = i, offset = 0;
    for (Index axis = shape.rank() - 1; axis >= 0; --axis) {
      offset += rest % shape[axis] * strides[axis];
      rest /= shape[axis];
    }
    offsets.push_back(offset);
  }
  return offsets;
}

}  // namespace

TEST_CASE("row_major_strides: 1 along the last axis; zeros for empty shapes") {
  CHECK(first_of(row_major_strides({2, 3, 4}), {2, 3, 4}) == std::vector<Index>{12, 4, 1});
  CHECK(first_of(row_major_strides({5}), {5}) == std::vector<Index>{1});
  CHECK(row_major_strides({}) == Strides{});
  constexpr Index most = std::numeric_limits<Index>::max();
  CHECK(row_major_strides({0, most, most}) == Strides{});
}

TEST_CASE("broadcast_strides: 0 along axes that repeat or are missing") {
  const Shape to{4, 2, 3};
  CHECK(first_of(broadcast_strides({2, 3}, to), to) == std::vector<Index>{0, 3, 1});
  CHECK(first_of(broadcast_strides({4, 1, 3}, to), to) == std::vector<Index>{3, 0, 1});
  CHECK(first_of(broadcast_strides({2, 1}, to), to) == std::vector<Index>{0, 1, 0});
  CHECK(first_of(broadcast_strides({}, to), to) == std::vector<Index>{0, 0, 0});
}

TEST_CASE("StridedAxes: merges adjacent axes that are contiguous for all operands, and drops extents of 1") {
  const auto count = [](const Shape& shape, const std::array<Strides, 2>& strides) {
    const StridedAxes<2> axes(shape, strides);
    return axes.end() - axes.begin();
  };
  const Shape shape{2, 1, 3, 4};
  const Strides whole = row_major_strides(shape);
  CHECK(count(shape, {whole, whole}) == 1);
  CHECK(count(shape, {whole, broadcast_strides({3, 4}, shape)}) == 2);
  CHECK(count(shape, {whole, broadcast_strides({3, 1}, shape)}) == 3);
  CHECK(count({}, {Strides{}, Strides{}}) == 0);
  CHECK(StridedAxes<1>{}.pop().extent == 1);
}

TEST_CASE("for_each_run: visits every element of the index space once, in row-major order") {
  const std::vector<Shape> shapes{{},  {1},   {5}, {2, 3}, {1, 4, 1}, {3, 1, 2, 4}, {2, 2, 2, 2, 2, 2, 2, 2},
                                  {0}, {3, 0}};
  for (const Shape& shape : shapes) {
    CAPTURE(shape.to_string());
    std::vector<Shape> sources{shape, Shape{}};
    for (Index axis = 0; axis < shape.rank(); ++axis) sources.push_back(shape.with(axis, 1));
    for (const Shape& source : sources) {
      CAPTURE(source.to_string());
      const std::array strides{row_major_strides(shape), broadcast_strides(source, shape)};
      std::vector<Index> own, other;
      for_each_run(shape, strides, [&](const auto& offsets, Index extent, const auto& steps) {
        for (Index i = 0; i < extent; ++i) {
          own.push_back(offsets[0] + i * steps[0]);
          other.push_back(offsets[1] + i * steps[1]);
        }
      });
      CHECK(own == naive_offsets(shape, strides[0]));
      CHECK(other == naive_offsets(shape, strides[1]));
    }
  }
}
