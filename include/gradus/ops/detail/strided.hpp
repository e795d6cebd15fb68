// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <cstddef>

#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>

namespace gradus::ops::detail {

/// The distance in elements between neighbours along each axis; 0 along a broadcast axis.
using Strides = IndexedArray<Index, Shape::max_rank>;

/// Returns the strides of a row-major tensor. Those of an empty tensor are 0, because the product of its
/// extents may overflow.
inline Strides row_major_strides(const Shape& shape) {
  Strides strides{};
  if (shape.empty()) return strides;
  Index stride = 1;
  for (Index axis = shape.rank() - 1; axis >= 0; --axis) {
    strides[axis] = stride;
    stride *= shape.begin()[axis];
  }
  return strides;
}

/// Returns the strides that broadcast a tensor of shape `from` to shape `to`, by NumPy's rule: axes are
/// aligned at the last one, and a missing axis or one of extent 1 is repeated.
inline Strides broadcast_strides(const Shape& from, const Shape& to) {
  const Strides own = row_major_strides(from);
  Strides strides{};
  for (Index axis = 0; axis < from.rank(); ++axis) {
    if (from.begin()[axis] == 1) continue;
    strides[to.rank() - from.rank() + axis] = own[axis];
  }
  return strides;
}

/// One axis of an index space shared by several tensors.
template <std::size_t Tensors>
struct StridedAxis {
  Index extent = 1;
  std::array<Index, Tensors> steps{};  ///< distance between neighbours along the axis in each tensor
};

/// The axes of an index space shared by several tensors, outermost first.
template <std::size_t Tensors>
class StridedAxes {
 public:
  StridedAxes() = default;
  /// Collects the axes of a shape. Neighbouring axes that are contiguous for all tensors are merged, so that
  /// runs along the last axis are as long as possible; axes of extent 1 are dropped.
  StridedAxes(const Shape& shape, const std::array<Strides, Tensors>& strides) {
    for (Index i = 0; i < shape.rank(); ++i) {
      StridedAxis<Tensors> axis{shape.begin()[i], {}};
      if (axis.extent == 1) continue;
      for (std::size_t t = 0; t < Tensors; ++t) axis.steps[t] = strides[t][i];
      if (rank_ > 0 && continues(axes_[rank_ - 1], axis)) {
        axis.extent *= axes_[rank_ - 1].extent;
        --rank_;
      }
      push(axis);
    }
  }

  void push(const StridedAxis<Tensors>& axis) { axes_[rank_++] = axis; }
  /// Removes and returns the innermost axis, or returns one of extent 1 if none is left.
  StridedAxis<Tensors> pop() { return rank_ == 0 ? StridedAxis<Tensors>{} : axes_[--rank_]; }

  const StridedAxis<Tensors>* begin() const { return axes_.data(); }
  const StridedAxis<Tensors>* end() const { return axes_.data() + rank_; }

  /// Calls f(offsets) for every index. No extent may be 0.
  template <class F>
  void for_each_offset(F&& f) const {
    std::array<Index, Tensors> offsets{};
    IndexedArray<Index, Shape::max_rank> index{};
    for (;;) {
      f(offsets);
      Index outer = rank_;
      for (;; --outer) {
        if (outer == 0) return;
        const StridedAxis<Tensors>& axis = axes_[outer - 1];
        for (std::size_t t = 0; t < Tensors; ++t) offsets[t] += axis.steps[t];
        if (++index[outer - 1] < axis.extent) break;
        for (std::size_t t = 0; t < Tensors; ++t) offsets[t] -= axis.steps[t] * axis.extent;
        index[outer - 1] = 0;
      }
    }
  }

 private:
  static bool continues(const StridedAxis<Tensors>& outer, const StridedAxis<Tensors>& inner) {
    for (std::size_t t = 0; t < Tensors; ++t) {
      if (outer.steps[t] != inner.steps[t] * inner.extent) return false;
    }
    return true;
  }

  IndexedArray<StridedAxis<Tensors>, Shape::max_rank> axes_;
  Index rank_ = 0;
};

/// Iterates over several tensors in one index space: calls f(offsets, count, steps) for runs of `count`
/// elements that start at `offsets` and are `steps` apart.
template <std::size_t Tensors, class F>
void for_each_run(const Shape& shape, const std::array<Strides, Tensors>& strides, F&& f) {
  if (shape.empty()) return;
  StridedAxes<Tensors> axes(shape, strides);
  const StridedAxis<Tensors> run = axes.pop();
  axes.for_each_offset([&](const auto& offsets) { f(offsets, run.extent, run.steps); });
}

}  // namespace gradus::ops::detail
