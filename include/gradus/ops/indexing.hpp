#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/strided.hpp>
#include <gradus/ops/detail/sum.hpp>

/// Parts of a tensor along one axis in [0, rank). Each function that reads has its transpose beside it, which
/// adds to where it read from: the gradient of the one is the other.
namespace gradus::ops {

namespace detail {

/// A tensor seen from one axis: `outer` blocks of `extent` rows of `inner` contiguous elements.
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

/// Up to this many terms per element are added in place.
inline constexpr Index terms_in_place = 16;

[[noreturn]] inline void fail_index(const char* operation, Index index, Index extent, Index axis) {
  throw IndexError(std::string(operation) + ": index " + std::to_string(index) + " along axis " +
                   std::to_string(axis) + ", expected one in [0, " + std::to_string(extent) + ")");
}

inline void check_indices(const char* operation, std::span<const Index> indices, Index extent, Index axis) {
  for (const Index index : indices) {
    if (index < 0 || index >= extent) fail_index(operation, index, extent, axis);
  }
}

/// Calls f(x offset, y offset) for rows begin, begin + step, ... of x and all rows of y.
template <class F>
void for_each_slice_row(const AxisBlocks& x, const AxisBlocks& y, Index begin, Index step, F&& f) {
  for (Index block = 0; block < y.outer; ++block) {
    for (Index i = 0; i < y.extent; ++i) f(x.row(block, begin + i * step), y.row(block, i));
  }
}

/// How often the most frequent of the indices occurs.
inline Index most_repeats(std::span<const Index> indices, Index extent) {
  std::vector<Index> counts(static_cast<std::size_t>(extent));
  for (const Index index : indices) ++counts[static_cast<std::size_t>(index)];
  return counts.empty() ? 0 : *std::ranges::max_element(counts);
}

/// Calls f(to) to add to dx: in place, or in a wider copy if many of up to `terms` terms per element would
/// round.
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

// y_i = x_(begin + i step)
template <class Scalar>
void slice(Input<Scalar> x, Index axis, Index begin, Index step, TensorView<Scalar> y) {
  const detail::AxisBlocks from(x.shape(), axis), to(y.shape(), axis);
  detail::for_each_slice_row(from, to, begin, step, [&](Index in, Index out) {
    std::copy_n(x.data() + in, from.inner, y.data() + out);
  });
}

// dL/dx_(begin + i step) += dL/dy_i
template <class Scalar>
void slice_add(Input<Scalar> dy, Index axis, Index begin, Index step, TensorView<Scalar> dx) {
  const detail::AxisBlocks to(dx.shape(), axis), from(dy.shape(), axis);
  detail::for_each_slice_row(to, from, begin, step, [&](Index out, Index in) {
    for (Index i = 0; i < from.inner; ++i) dx.data()[out + i] += dy.data()[in + i];
  });
}

// y_i = x_(indices_i)
template <class Scalar>
void index_select(Input<Scalar> x, Index axis, std::span<const Index> indices, TensorView<Scalar> y) {
  check_shape("index_select", "output", y.shape(), x.shape().with(axis, static_cast<Index>(indices.size())));
  const detail::AxisBlocks from(x.shape(), axis), to(y.shape(), axis);
  detail::check_indices("index_select", indices, from.extent, axis);
  for (Index block = 0; block < to.outer; ++block) {
    for (Index i = 0; i < to.extent; ++i) {
      std::copy_n(x.data() + from.row(block, indices[static_cast<std::size_t>(i)]), to.inner,
                  y.data() + to.row(block, i));
    }
  }
}

// dL/dx_(indices_i) += dL/dy_i: indices that repeat add up
template <class Scalar>
void index_add(Input<Scalar> dy, Index axis, std::span<const Index> indices, TensorView<Scalar> dx) {
  check_shape("index_add", "input", dy.shape(), dx.shape().with(axis, static_cast<Index>(indices.size())));
  const detail::AxisBlocks from(dy.shape(), axis), to(dx.shape(), axis);
  detail::check_indices("index_add", indices, to.extent, axis);
  const Index terms =
      from.extent <= detail::terms_in_place ? from.extent : detail::most_repeats(indices, to.extent);
  detail::add_terms_to(dx, terms, [&](auto* sums) {
    for (Index block = 0; block < from.outer; ++block) {
      for (Index i = 0; i < from.extent; ++i) {
        const Scalar* in = dy.data() + from.row(block, i);
        auto* out = sums + to.row(block, indices[static_cast<std::size_t>(i)]);
        for (Index k = 0; k < from.inner; ++k) out[k] += in[k];
      }
    }
  });
}

namespace detail {

/// Calls f(x offset, index offset) for each element of the indices; x may be larger than they along other
/// axes, as in PyTorch.
template <class F>
void for_each_gathered(const char* operation, const Shape& x, Index axis, TensorView<const Index> indices,
                       F&& f) {
  bool fits = x.rank() == indices.rank();
  for (Index i = 0; fits && i < x.rank(); ++i) fits = i == axis || indices.shape()[i] <= x[i];
  if (!fits) {
    throw ShapeError(std::string(operation) + ": indices have shape " + indices.shape().to_string() +
                     ", expected one that fits " + x.to_string() + " but for axis " + std::to_string(axis));
  }
  const Strides all = row_major_strides(x);
  Strides others = all;
  others[static_cast<std::size_t>(axis)] = 0;
  const Index stride = all[static_cast<std::size_t>(axis)], extent = x[axis];
  const std::array strides{others, row_major_strides(indices.shape())};
  for_each_run(indices.shape(), strides, [&](const auto& at, Index count, const auto& step) {
    for (Index i = 0; i < count; ++i) {
      const Index element = at[1] + i * step[1], index = indices.data()[element];
      if (index < 0 || index >= extent) fail_index(operation, index, extent, axis);
      f(at[0] + i * step[0] + index * stride, element);
    }
  });
}

}  // namespace detail

// y_(i,j) = x_(indices_(i,j), j) along axis 0, and so on, as torch.gather; y has the shape of the indices
template <class Scalar>
void gather(Input<Scalar> x, Index axis, TensorView<const Index> indices, TensorView<Scalar> y) {
  check_shape("gather", "output", y.shape(), indices.shape());
  detail::for_each_gathered("gather", x.shape(), axis, indices,
                            [&](Index from, Index to) { y.data()[to] = x.data()[from]; });
}

// dL/dx_(indices_(i,j), j) += dL/dy_(i,j)
template <class Scalar>
void scatter_add(Input<Scalar> dy, Index axis, TensorView<const Index> indices, TensorView<Scalar> dx) {
  check_shape("scatter_add", "input", dy.shape(), indices.shape());
  detail::add_terms_to(dx, dy.shape().rank() == 0 ? 1 : dy.shape()[axis], [&](auto* sums) {
    detail::for_each_gathered("scatter_add", dx.shape(), axis, indices,
                              [&](Index to, Index from) { sums[to] += dy.data()[from]; });
  });
}

}  // namespace gradus::ops
