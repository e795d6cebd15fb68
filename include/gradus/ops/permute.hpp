// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/strided.hpp>

namespace gradus::ops {

/// For each axis of a permuted tensor, the axis of the original.
using AxisOrder = IndexedArray<Index, Shape::max_rank>;

namespace detail {

[[noreturn]] inline void throw_order(std::span<const Index> order, const std::string& of) {
  std::string text = "permute: order is (";
  for (std::size_t i = 0; i < order.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(order[i]);
  throw ShapeError(text + ") for " + of + ", expected each axis once");
}

}  // namespace detail

/// Returns the order with axes in [0, rank). Throws ShapeError unless it names each axis once, and IndexError
/// for an axis out of range.
inline AxisOrder checked_order(const Shape& x, std::span<const Index> order) {
  AxisOrder from{};
  IndexedArray<bool, Shape::max_rank> seen{};
  bool valid = static_cast<Index>(order.size()) == x.rank();
  for (Index i = 0; valid && i < x.rank(); ++i) {
    from[i] = x.normalize_axis(order[to_size(i)]);
    valid = !std::exchange(seen[from[i]], true);
  }
  if (!valid) detail::throw_order(order, "shape " + x.to_string());
  return from;
}

namespace detail {

/// Throws ShapeError unless the order names each axis in [0, rank) once.
inline void check_order(const AxisOrder& order, Index rank) {
  unsigned seen = 0;
  for (Index i = 0; i < rank; ++i) {
    const Index axis = order[i];
    if (axis >= 0 && axis < rank) seen |= 1U << axis;
  }
  if (seen != (1U << rank) - 1)
    throw_order(std::span(order).first(to_size(rank)), "rank " + std::to_string(rank));
}

}  // namespace detail

/// Returns the inverse order. Throws ShapeError unless `order` names each axis in [0, rank) once.
inline AxisOrder inverse_order(const AxisOrder& order, Index rank) {
  detail::check_order(order, rank);
  AxisOrder inverse{};
  for (Index i = 0; i < rank; ++i) inverse[order[i]] = i;
  return inverse;
}

/// Returns the shape of a permuted tensor: `[2, 3, 4]` in the order (2, 0, 1) becomes `[4, 2, 3]`. Throws
/// ShapeError unless the order names each axis in [0, rank) once.
inline Shape permuted_shape(const Shape& x, const AxisOrder& order) {
  detail::check_order(order, x.rank());
  Shape y = x;
  for (Index i = 0; i < x.rank(); ++i) y = y.with(i, x[order[i]]);
  return y;
}

/// Permutes the axes: axis k of y is axis order[k] of x. Throws ShapeError. The gradient is permuted by the
/// inverse order.
/// `y_(i_order[0], i_order[1], ...) = x_(i_0, i_1, ...)`
template <class Scalar>
void permute(Input<Scalar> x, const AxisOrder& order, TensorView<Scalar> y) {
  check_shape("permute", "output", y.shape(), permuted_shape(x.shape(), order));
  const detail::Strides own = detail::row_major_strides(x.shape());
  detail::Strides from{};
  for (Index i = 0; i < x.rank(); ++i) from[i] = own[order[i]];
  const std::array strides{from, detail::row_major_strides(y.shape())};
  detail::for_each_run(y.shape(), strides, [&](const auto& at, Index count, const auto& step) {
    const Scalar* in = x.data() + at[0];
    Scalar* out = y.data() + at[1];
    for (Index i = 0; i < count; ++i) out[i] = in[i * step[0]];
  });
}

}  // namespace gradus::ops
