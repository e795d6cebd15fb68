#pragma once

#include <array>
#include <cstddef>

#include <gradus/core/shape.hpp>

namespace gradus::ops::detail {

/// How far apart in memory the neighbours along each axis stand; 0 along an axis that repeats.
using Strides = std::array<Index, static_cast<std::size_t>(Shape::max_rank)>;

/// Those of a row-major tensor; zeros for an empty one, whose extents may have a product that overflows.
inline Strides row_major_strides(const Shape& shape) {
  Strides strides{};
  if (shape.empty()) return strides;
  Index stride = 1;
  for (Index axis = shape.rank() - 1; axis >= 0; --axis) {
    strides[static_cast<std::size_t>(axis)] = stride;
    stride *= shape.begin()[axis];
  }
  return strides;
}

/// Those under which a tensor of shape `from` is read as one of shape `to`, by NumPy's rule: axes are matched
/// from the last, and an axis of extent 1, or one that is missing, repeats.
inline Strides broadcast_strides(const Shape& from, const Shape& to) {
  const Strides own = row_major_strides(from);
  Strides strides{};
  for (Index axis = 0; axis < from.rank(); ++axis) {
    if (from.begin()[axis] == 1) continue;
    strides[static_cast<std::size_t>(to.rank() - from.rank() + axis)] = own[static_cast<std::size_t>(axis)];
  }
  return strides;
}

/// Walks several tensors over one index space, row by row: calls f(offsets, count, steps) for runs of `count`
/// elements that begin at the offsets and are the steps apart. Axes that are contiguous for all are merged
/// first, so that runs are as long as they can be.
template <std::size_t Tensors, class F>
void for_each_run(const Shape& shape, const std::array<Strides, Tensors>& strides, F&& f) {
  using Offsets = std::array<Index, Tensors>;
  if (shape.empty()) return;
  constexpr std::size_t max_rank = static_cast<std::size_t>(Shape::max_rank);
  std::array<Index, max_rank> extents{};
  std::array<Offsets, max_rank> steps{};
  std::size_t rank = 0;
  for (std::size_t axis = 0; axis < static_cast<std::size_t>(shape.rank()); ++axis) {
    const Index extent = shape.begin()[axis];
    if (extent == 1) continue;
    bool merges = rank > 0;
    for (std::size_t t = 0; t < Tensors; ++t) {
      merges = merges && steps[rank - 1][t] == strides[t][axis] * extent;
    }
    if (!merges) ++rank;
    extents[rank - 1] = merges ? extents[rank - 1] * extent : extent;
    for (std::size_t t = 0; t < Tensors; ++t) steps[rank - 1][t] = strides[t][axis];
  }
  Offsets offsets{};
  if (rank == 0) {
    f(offsets, Index{1}, Offsets{});
    return;
  }
  std::array<Index, max_rank> at{};
  for (;;) {
    f(offsets, extents[rank - 1], steps[rank - 1]);
    std::size_t axis = rank - 1;
    for (;; --axis) {
      if (axis == 0) return;
      const std::size_t outer = axis - 1;
      for (std::size_t t = 0; t < Tensors; ++t) offsets[t] += steps[outer][t];
      if (++at[outer] < extents[outer]) break;
      for (std::size_t t = 0; t < Tensors; ++t) offsets[t] -= steps[outer][t] * extents[outer];
      at[outer] = 0;
    }
  }
}

}  // namespace gradus::ops::detail
