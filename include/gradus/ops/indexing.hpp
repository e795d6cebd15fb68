// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/strided.hpp>
#include <gradus/ops/detail/sum.hpp>

/// Reads and adds to parts of a tensor along one axis in [0, rank). Each function that reads is followed by
/// its transpose, which adds to where it read from: each is the gradient of the other.
namespace gradus::ops {

namespace detail {

/// A tensor split at one axis: `outer` blocks of `extent` rows of `inner` contiguous elements.
struct AxisBlocks {
  AxisBlocks(const Shape& shape, Index axis) : extent(shape[axis]) {
    // The product of the other extents of an empty tensor may overflow.
    if (shape.empty()) outer = inner = 0;
    for (Index i = 0; i < axis && outer > 0; ++i) outer *= shape[i];
    for (Index i = axis + 1; i < shape.rank() && inner > 0; ++i) inner *= shape[i];
  }
  Index row(Index block, Index i) const { return (block * extent + i) * inner; }

  Index outer = 1;
  Index extent;
  Index inner = 1;
};

/// At most this many terms per element are added in place.
inline constexpr Index terms_in_place = 16;

[[noreturn]] inline void throw_index(const char* operation, Index index, Index extent, Index axis) {
  throw IndexError(std::string(operation) + ": index " + std::to_string(index) + " along axis " +
                   std::to_string(axis) + ", expected one in [0, " + std::to_string(extent) + ")");
}

inline void check_indices(const char* operation, std::span<const Index> indices, Index extent, Index axis) {
  for (const Index index : indices) {
    if (index < 0 || index >= extent) throw_index(operation, index, extent, axis);
  }
}

/// Throws ShapeError unless `part` equals `whole` except along an axis, where it has elements begin, begin +
/// step, ... Throws IndexError for a wrong axis or begin, or a step below 1.
inline void check_slice(const char* operation, const char* argument, const Shape& part, const Shape& whole,
                        Index axis, Index begin, Index step) {
  check_axis(operation, axis, whole);
  const Index extent = whole[axis];
  if (begin < 0 || begin > extent || step < 1) {
    throw IndexError(std::string(operation) + ": begin is " + std::to_string(begin) + " and step is " +
                     std::to_string(step) + ", expected begin in [0, " + std::to_string(extent) +
                     "] and step >= 1");
  }
  const Index most = begin == extent ? 0 : (extent - begin - 1) / step + 1;
  const bool fits = part.rank() == whole.rank() && part[axis] <= most && part == whole.with(axis, part[axis]);
  if (fits) return;
  throw_shape(operation, argument, part,
              whole.with(axis, most).to_string() + " or fewer elements along axis " + std::to_string(axis));
}

/// Calls f(x offset, y offset) for rows begin, begin + step, ... of x and all rows of y.
template <class F>
void for_each_slice_row(const AxisBlocks& x, const AxisBlocks& y, Index begin, Index step, F&& f) {
  for (Index block = 0; block < y.outer; ++block) {
    for (Index i = 0; i < y.extent; ++i) f(x.row(block, begin + i * step), y.row(block, i));
  }
}

/// Returns how often the most frequent index occurs.
inline Index most_repeats(std::span<const Index> indices, Index extent) {
  std::vector<Index> counts(to_size(extent));
  for (const Index index : indices) ++counts[to_size(index)];
  return counts.empty() ? 0 : *std::ranges::max_element(counts);
}

/// Calls f(to), which adds at most `terms` terms per element to dx. `to` is dx itself or, if that many terms
/// would lose accuracy, a copy in a wider type.
template <class Scalar, class F>
void add_terms_to(TensorView<Scalar> dx, Index terms, F&& f) {
  if (std::is_same_v<Wide<Scalar>, Scalar> || terms <= terms_in_place) {
    f(dx.data());
    return;
  }
  Tensor<Wide<Scalar>> sums = Tensor<Wide<Scalar>>::uninitialized(dx.shape());
  sums.array() = dx.array().template cast<Wide<Scalar>>();
  f(sums.data());
  dx.array() = sums.array().template cast<Scalar>();
}

}  // namespace detail

/// Copies elements begin, begin + step, ... along an axis, as many as y has. Throws ShapeError if y differs
/// along another axis or has too many elements, and IndexError for a wrong axis, begin or step.
/// `y_i = x_(begin + i step)`
template <class Scalar>
void slice(Input<Scalar> x, Index axis, Index begin, Index step, TensorView<Scalar> y) {
  detail::check_slice("slice", "output", y.shape(), x.shape(), axis, begin, step);
  const detail::AxisBlocks from(x.shape(), axis), to(y.shape(), axis);
  detail::for_each_slice_row(from, to, begin, step, [&](Index in, Index out) {
    std::copy_n(x.data() + in, from.inner, y.data() + out);
  });
}

/// Adds to elements begin, begin + step, ... along an axis, as many as dy has. Throws ShapeError if dy
/// differs along another axis or has too many elements, and IndexError for a wrong axis, begin or step.
/// `dL/dx_(begin + i step) += dL/dy_i`
template <class Scalar>
void slice_add(Input<Scalar> dy, Index axis, Index begin, Index step, TensorView<Scalar> dx) {
  detail::check_slice("slice_add", "input", dy.shape(), dx.shape(), axis, begin, step);
  const detail::AxisBlocks to(dx.shape(), axis), from(dy.shape(), axis);
  detail::for_each_slice_row(to, from, begin, step, [&](Index out, Index in) {
    for (Index i = 0; i < from.inner; ++i) dx.data()[out + i] += dy.data()[in + i];
  });
}

/// Copies the elements at the given indices along an axis. Throws ShapeError or IndexError.
/// `y_i = x_(indices_i)`
template <class Scalar>
void index_select(Input<Scalar> x, Index axis, std::span<const Index> indices, TensorView<Scalar> y) {
  detail::check_axis("index_select", axis, x.shape());
  check_shape("index_select", "output", y.shape(), x.shape().with(axis, static_cast<Index>(indices.size())));
  const detail::AxisBlocks from(x.shape(), axis), to(y.shape(), axis);
  detail::check_indices("index_select", indices, from.extent, axis);
  for (Index block = 0; block < to.outer; ++block) {
    for (Index i = 0; i < to.extent; ++i) {
      std::copy_n(x.data() + from.row(block, indices[to_size(i)]), to.inner, y.data() + to.row(block, i));
    }
  }
}

/// Adds to the elements at the given indices along an axis; repeated indices accumulate. Throws ShapeError
/// or IndexError.
/// `dL/dx_(indices_i) += dL/dy_i`
template <class Scalar>
void index_add(Input<Scalar> dy, Index axis, std::span<const Index> indices, TensorView<Scalar> dx) {
  detail::check_axis("index_add", axis, dx.shape());
  check_shape("index_add", "input", dy.shape(), dx.shape().with(axis, static_cast<Index>(indices.size())));
  const detail::AxisBlocks from(dy.shape(), axis), to(dx.shape(), axis);
  detail::check_indices("index_add", indices, to.extent, axis);
  const Index terms =
      from.extent <= detail::terms_in_place ? from.extent : detail::most_repeats(indices, to.extent);
  detail::add_terms_to(dx, terms, [&](auto* sums) {
    for (Index block = 0; block < from.outer; ++block) {
      for (Index i = 0; i < from.extent; ++i) {
        const Scalar* in = dy.data() + from.row(block, i);
        auto* out = sums + to.row(block, indices[to_size(i)]);
        for (Index k = 0; k < from.inner; ++k) out[k] += in[k];
      }
    }
  });
}

namespace detail {

/// Throws unless the indices are in range and their shape fits x. As in PyTorch, x may be larger along the
/// other axes.
inline void check_gathered(const char* operation, const Shape& x, Index axis,
                           TensorView<const Index> indices) {
  check_axis(operation, axis, x);
  bool fits = x.rank() == indices.rank();
  for (Index i = 0; fits && i < x.rank(); ++i) fits = i == axis || indices.shape()[i] <= x[i];
  if (!fits) {
    throw ShapeError(std::string(operation) + ": indices have shape " + indices.shape().to_string() +
                     ", expected the rank of " + x.to_string() +
                     " and extents no larger, except along axis " + std::to_string(axis));
  }
  check_indices(operation, indices.span(), x[axis], axis);
}

/// Calls f(x offset, index offset) for each element of the indices, which must have been checked.
template <class F>
void for_each_gathered(const Shape& x, Index axis, TensorView<const Index> indices, F&& f) {
  const Strides all = row_major_strides(x);
  Strides others = all;
  others[axis] = 0;
  const Index stride = all[axis];
  const std::array strides{others, row_major_strides(indices.shape())};
  for_each_run(indices.shape(), strides, [&](const auto& at, Index count, const auto& step) {
    for (Index i = 0; i < count; ++i) {
      const Index element = at[1] + i * step[1];
      f(at[0] + i * step[0] + indices.data()[element] * stride, element);
    }
  });
}

}  // namespace detail

/// Gathers elements along an axis, as `torch.gather`; y has the shape of the indices. Throws ShapeError
/// or IndexError. Along axis 0:
/// `y_(i,j) = x_(indices_(i,j), j)`
template <class Scalar>
void gather(Input<Scalar> x, Index axis, TensorView<const Index> indices, TensorView<Scalar> y) {
  check_shape("gather", "output", y.shape(), indices.shape());
  detail::check_gathered("gather", x.shape(), axis, indices);
  detail::for_each_gathered(x.shape(), axis, indices,
                            [&](Index from, Index to) { y.data()[to] = x.data()[from]; });
}

/// Adds to elements selected along an axis, the transpose of gather; repeated indices accumulate. Throws
/// ShapeError or IndexError. Along axis 0:
/// `dL/dx_(indices_(i,j), j) += dL/dy_(i,j)`
template <class Scalar>
void scatter_add(Input<Scalar> dy, Index axis, TensorView<const Index> indices, TensorView<Scalar> dx) {
  check_shape("scatter_add", "input", dy.shape(), indices.shape());
  detail::check_gathered("scatter_add", dx.shape(), axis, indices);
  detail::add_terms_to(dx, dy.shape()[axis], [&](auto* sums) {
    detail::for_each_gathered(dx.shape(), axis, indices,
                              [&](Index to, Index from) { sums[to] += dy.data()[from]; });
  });
}

}  // namespace gradus::ops
