// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <type_traits>

#include <gradus/core/eigen.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/axis_sums.hpp>
#include <gradus/ops/detail/strided.hpp>
#include <gradus/ops/detail/sum.hpp>

/// NumPy's broadcasting: shapes are aligned at their last axis, and axes of extent 1 are repeated.
namespace gradus::ops {

/// Returns the shape of `a op b`: `[2, 1]` and `[3] -> [2, 3]`. Throws ShapeError unless they broadcast.
inline Shape broadcast_shape(const char* operation, const Shape& a, const Shape& b) {
  if (a == b) return a;
  const Index rank = std::max(a.rank(), b.rank());
  IndexedArray<Index, Shape::max_rank> extents{};
  for (Index axis = 1; axis <= rank; ++axis) {
    const Index in_a = axis <= a.rank() ? a.end()[-axis] : 1;
    const Index in_b = axis <= b.rank() ? b.end()[-axis] : 1;
    if (in_a != in_b && in_a != 1 && in_b != 1) {
      throw ShapeError(std::string(operation) + ": shapes " + a.to_string() + " and " + b.to_string() +
                       ", expected shapes that broadcast");
    }
    extents[rank - axis] = in_a == 1 ? in_b : in_a;
  }
  return Shape(std::span<const Index>(extents).first(to_size(rank)));
}

namespace detail {

template <class Scalar>
using StridedMap =
    Eigen::Map<Eigen::Array<std::remove_const_t<Scalar>, Eigen::Dynamic, 1>, 0, Eigen::InnerStride<>>;
template <class Scalar>
using ArrayMap = Eigen::Map<const Eigen::Array<Scalar, Eigen::Dynamic, 1>>;

}  // namespace detail

/// Applies a binary function with broadcasting. f must accept arrays and numbers as either argument. Throws
/// ShapeError, which names `operation`.
/// `y = f(a, b)`
template <class Scalar, class F>
void broadcast(const char* operation, F f, Input<Scalar> a, Input<Scalar> b, TensorView<Scalar> y) {
  check_shape(operation, "output", y.shape(), broadcast_shape(operation, a.shape(), b.shape()));
  if (a.shape() == b.shape()) {
    y.array() = f(a.array(), b.array());
    return;
  }
  const std::array strides{detail::broadcast_strides(a.shape(), y.shape()),
                           detail::broadcast_strides(b.shape(), y.shape()),
                           detail::row_major_strides(y.shape())};
  detail::for_each_run(y.shape(), strides, [&](const auto& offsets, Index count, const auto& steps) {
    const Scalar* from_a = a.data() + offsets[0];
    const Scalar* from_b = b.data() + offsets[1];
    Eigen::Map<Eigen::Array<Scalar, Eigen::Dynamic, 1>> out(y.data() + offsets[2], count);
    const detail::ArrayMap<Scalar> all_a(from_a, count), all_b(from_b, count);
    // along the last axis, each operand is either repeated or contiguous
    if (steps[0] == 0 && steps[1] == 0)
      out.setConstant(f(*from_a, *from_b));
    else if (steps[0] == 0)
      out = f(*from_a, all_b);
    else if (steps[1] == 0)
      out = f(all_a, *from_b);
    else
      out = f(all_a, all_b);
  });
}

/// Broadcasts x to the shape of y: `[3] -> [2, 3]`. Throws ShapeError.
/// `y_(i,j) = x_j`
template <class Scalar>
void expand(Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("expand", "output", y.shape(), broadcast_shape("expand", x.shape(), y.shape()));
  const std::array strides{detail::broadcast_strides(x.shape(), y.shape()),
                           detail::row_major_strides(y.shape())};
  detail::for_each_run(y.shape(), strides, [&](const auto& offsets, Index count, const auto& steps) {
    const Scalar* from = x.data() + offsets[0];
    if (steps[0] == 0)
      std::fill_n(y.data() + offsets[1], count, *from);
    else
      std::copy_n(from, count, y.data() + offsets[1]);
  });
}

/// Sums x to the shape of y, the transpose of expand: `[2, 3] -> [3]`. Throws ShapeError.
/// `y_j = sum_i x_(i,j)`
template <class Scalar>
void sum_to(Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("sum_to", "input", x.shape(), broadcast_shape("sum_to", y.shape(), x.shape()));
  detail::sum_axes(
      detail::Same{}, x.data(), x.shape(), y.shape(),
      [out = y.data()](Index o, detail::Wide<Scalar> sum) { out[o] = static_cast<Scalar>(sum); });
}

/// Averages x to the shape of y: `[2, 3] -> [3]`. Throws ShapeError.
/// `y_j = 1/n sum_i x_(i,j)`, NaN where there is nothing to average
template <class Scalar>
void mean_to(Input<Scalar> x, TensorView<Scalar> y) {
  using Wide = detail::Wide<Scalar>;
  check_shape("mean_to", "input", x.shape(), broadcast_shape("mean_to", y.shape(), x.shape()));
  const auto count = static_cast<Wide>(y.empty() ? 1 : x.size() / y.size());
  detail::sum_axes(detail::Same{}, x.data(), x.shape(), y.shape(),
                   [count, out = y.data()](Index o, Wide sum) { out[o] = static_cast<Scalar>(sum / count); });
}

}  // namespace gradus::ops
