// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gradus/autograd/record.hpp>
#include <gradus/autograd/value.hpp>
#include <gradus/autograd/variable.hpp>
#include <gradus/core/checked.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/ops/indexing.hpp>
#include <gradus/ops/permute.hpp>

/// Rearranges elements and selects parts of a tensor. Results are copies.
namespace gradus {

/// Returns the elements in row-major order with another shape. Throws ShapeError.
template <class Scalar>
Variable<Scalar> reshape(const Variable<Scalar>& x, const Shape& shape) {
  auto y = detail::Value<Scalar>::uninitialized(shape);
  std::ranges::copy(x.value().reshape(shape), y.view().data());
  return detail::record("reshape", std::move(y), x, [](const detail::Step<Scalar>& step) {
    step.give(0, reshape(step.gradient(), step.input().shape()));
  });
}
/// Does the same; one extent may be -1.
template <class Scalar>
Variable<Scalar> reshape(const Variable<Scalar>& x, std::initializer_list<Index> extents) {
  return reshape(x, x.value().reshape(extents).shape());
}

namespace detail {

template <class Scalar>
Variable<Scalar> permute(const Variable<Scalar>& x, const ops::AxisOrder& order) {
  auto y = Value<Scalar>::uninitialized(ops::permuted_shape(x.shape(), order));
  ops::permute<Scalar>(x.value(), order, y.view());
  return record("permute", std::move(y), x, [order](const Step<Scalar>& step) {
    step.give(0, permute(step.gradient(), ops::inverse_order(order, step.gradient().rank())));
  });
}

}  // namespace detail

/// Permutes the axes: `[2, 3, 4]` in the order (2, 0, 1) becomes `[4, 2, 3]`. Throws ShapeError or
/// IndexError.
template <class Scalar>
Variable<Scalar> permute(const Variable<Scalar>& x, std::initializer_list<Index> order) {
  return detail::permute(x, ops::checked_order(x.shape(), std::span(order.begin(), order.size())));
}

/// Swaps two axes, by default the last two. Throws IndexError.
template <class Scalar>
Variable<Scalar> transpose(const Variable<Scalar>& x, Index axis_a = -2, Index axis_b = -1) {
  ops::AxisOrder order{};
  std::iota(order.begin(), order.end(), Index{0});
  std::swap(order[x.shape().normalize_axis(axis_a)], order[x.shape().normalize_axis(axis_b)]);
  return detail::permute(x, order);
}

namespace detail {

struct SliceRange {
  Index axis, begin, step;
};

template <class Scalar>
Variable<Scalar> slice(const Variable<Scalar>& x, const SliceRange& range, const Shape& shape);

/// Returns zeros with x written to a slice of them: the transpose of slice.
template <class Scalar>
Variable<Scalar> unslice(const Variable<Scalar>& x, const SliceRange& range, const Shape& shape) {
  auto y = Value<Scalar>::zeros(shape);
  ops::slice_add<Scalar>(x.value(), range.axis, range.begin, range.step, y.view());
  return record("slice_add", std::move(y), x, [range](const Step<Scalar>& step) {
    step.give(0, slice(step.gradient(), range, step.input().shape()));
  });
}

template <class Scalar>
Variable<Scalar> slice(const Variable<Scalar>& x, const SliceRange& range, const Shape& shape) {
  auto y = Value<Scalar>::uninitialized(shape);
  ops::slice<Scalar>(x.value(), range.axis, range.begin, range.step, y.view());
  return record("slice", std::move(y), x, [range](const Step<Scalar>& step) {
    step.give(0, unslice(step.gradient(), range, step.input().shape()));
  });
}

}  // namespace detail

/// Returns elements begin, begin + step, ... along an axis, excluding end. Negative begin and end count from
/// the end. Throws IndexError, and ArgumentError for a step below 1. (`std::slice` is a type.)
template <class Scalar>
Variable<Scalar> slice_along(const Variable<Scalar>& x, Index axis, Index begin, Index end, Index step = 1) {
  axis = x.shape().normalize_axis(axis);
  const Index extent = x.shape()[axis];
  const Index first = begin < 0 ? begin + extent : begin, last = end < 0 ? end + extent : end;
  if (first < 0 || last < first || last > extent) {
    throw IndexError("slice_along: [" + std::to_string(begin) + ", " + std::to_string(end) +
                     ") is out of range for axis " + std::to_string(axis) + " of shape " +
                     x.shape().to_string());
  }
  if (step < 1) throw ArgumentError("slice_along: step is " + std::to_string(step) + ", expected at least 1");
  const Shape shape = x.shape().with(axis, detail::ceil_divide(last - first, step));
  return detail::slice(x, {axis, first, step}, shape);
}

/// Concatenates along an axis: `[2, 3]` and `[4, 3]` along axis 0 give `[6, 3]`. Throws ShapeError unless the
/// inputs agree along all other axes.
template <class Scalar>
Variable<Scalar> concatenate(std::span<const Variable<Scalar>> inputs, Index axis = 0) {
  if (inputs.empty()) throw ShapeError("concatenate: no inputs, expected at least one");
  const Shape& first = inputs.front().shape();
  axis = first.normalize_axis(axis);
  Index extent = 0;
  for (const Variable<Scalar>& input : inputs) {
    if (input.rank() != first.rank() || input.shape().with(axis, 0) != first.with(axis, 0)) {
      throw ShapeError("concatenate: inputs have shapes " + first.to_string() + " and " +
                       input.shape().to_string() + ", expected equal shapes except along axis " +
                       std::to_string(axis));
    }
    extent = detail::checked_add<ShapeError>("concatenate", extent, input.shape()[axis]);
  }
  auto y = detail::Value<Scalar>::zeros(first.with(axis, extent));
  Index begin = 0;
  for (const Variable<Scalar>& input : inputs) {
    ops::slice_add<Scalar>(input.value(), axis, begin, 1, y.view());
    begin += input.shape()[axis];
  }
  const std::size_t count = inputs.size();
  return detail::record("concatenate", std::move(y), inputs, [axis, count](const detail::Step<Scalar>& step) {
    Index at = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const Shape shape = step.input(i).shape();
      if (step.wants(i)) step.give(i, detail::slice(step.gradient(), {axis, at, 1}, shape));
      at += shape[axis];
    }
  });
}
/// Does the same for a list of Variables.
template <class Scalar>
Variable<Scalar> concatenate(std::initializer_list<Variable<Scalar>> inputs, Index axis = 0) {
  return concatenate(std::span(inputs.begin(), inputs.size()), axis);
}
/// Does the same for a list of Variables.
template <class Scalar>
Variable<Scalar> concatenate(const std::vector<Variable<Scalar>>& inputs, Index axis = 0) {
  return concatenate(std::span(inputs), axis);
}

/// Stacks tensors along a new axis: two of `[3]` along axis 0 give `[2, 3]`. Throws ShapeError unless all
/// shapes are equal. (`std::stack` is a type.)
template <class Scalar>
Variable<Scalar> stack_along(std::span<const Variable<Scalar>> inputs, Index axis = 0) {
  if (inputs.empty()) throw ShapeError("stack_along: no inputs, expected at least one");
  const Shape& first = inputs.front().shape();
  axis = first.prepend(1).normalize_axis(axis);
  std::vector<Index> extents(first.begin(), first.end());
  extents.insert(extents.begin() + axis, 1);
  std::vector<Variable<Scalar>> parts;
  parts.reserve(inputs.size());
  for (const Variable<Scalar>& input : inputs) {
    if (input.shape() != first) {
      throw ShapeError("stack_along: inputs have shapes " + first.to_string() + " and " +
                       input.shape().to_string() + ", expected equal shapes");
    }
    parts.push_back(reshape(input, Shape(extents)));
  }
  return concatenate(parts, axis);
}
/// Does the same for a list of Variables.
template <class Scalar>
Variable<Scalar> stack_along(std::initializer_list<Variable<Scalar>> inputs, Index axis = 0) {
  return stack_along(std::span(inputs.begin(), inputs.size()), axis);
}
/// Does the same for a list of Variables.
template <class Scalar>
Variable<Scalar> stack_along(const std::vector<Variable<Scalar>>& inputs, Index axis = 0) {
  return stack_along(std::span(inputs), axis);
}

namespace detail {

using SharedIndices = std::shared_ptr<const Tensor<Index>>;

template <class Scalar>
Variable<Scalar> index_select(const Variable<Scalar>& x, Index axis, SharedIndices indices);

template <class Scalar>
Variable<Scalar> index_add(const Variable<Scalar>& x, Index axis, SharedIndices indices, const Shape& shape) {
  auto y = Value<Scalar>::zeros(shape);
  ops::index_add<Scalar>(x.value(), axis, indices->span(), y.view());
  return record("index_add", std::move(y), x, [axis, indices](const Step<Scalar>& step) {
    step.give(0, index_select(step.gradient(), axis, indices));
  });
}

template <class Scalar>
Variable<Scalar> index_select(const Variable<Scalar>& x, Index axis, SharedIndices indices) {
  auto y = Value<Scalar>::uninitialized(x.shape().with(axis, indices->size()));
  ops::index_select<Scalar>(x.value(), axis, indices->span(), y.view());
  return record("index_select", std::move(y), x, [axis, indices](const Step<Scalar>& step) {
    step.give(0, index_add(step.gradient(), axis, indices, step.input().shape()));
  });
}

template <class Scalar>
Variable<Scalar> gather(const Variable<Scalar>& x, Index axis, SharedIndices indices);

template <class Scalar>
Variable<Scalar> scatter_add(const Variable<Scalar>& x, Index axis, SharedIndices indices,
                             const Shape& shape) {
  auto y = Value<Scalar>::zeros(shape);
  ops::scatter_add<Scalar>(x.value(), axis, indices->view(), y.view());
  return record("scatter_add", std::move(y), x, [axis, indices](const Step<Scalar>& step) {
    step.give(0, gather(step.gradient(), axis, indices));
  });
}

template <class Scalar>
Variable<Scalar> gather(const Variable<Scalar>& x, Index axis, SharedIndices indices) {
  auto y = Value<Scalar>::uninitialized(indices->shape());
  ops::gather<Scalar>(x.value(), axis, indices->view(), y.view());
  return record("gather", std::move(y), x, [axis, indices](const Step<Scalar>& step) {
    step.give(0, scatter_add(step.gradient(), axis, indices, step.input().shape()));
  });
}

}  // namespace detail

/// Returns the rows at the given indices along an axis. Indices may repeat; their gradients add up. Throws
/// IndexError.
template <class Scalar>
Variable<Scalar> index_select(const Variable<Scalar>& x, Index axis, std::span<const Index> indices) {
  const Shape shape{static_cast<Index>(indices.size())};
  return detail::index_select(x, x.shape().normalize_axis(axis),
                              std::make_shared<const Tensor<Index>>(shape, indices));
}
/// Does the same for a list of indices.
template <class Scalar>
Variable<Scalar> index_select(const Variable<Scalar>& x, Index axis, std::initializer_list<Index> indices) {
  return index_select(x, axis, std::span(indices.begin(), indices.size()));
}

/// Gathers elements like `torch.gather`: along axis 0, y[i, j] = x[indices[i, j], j]. The result has the
/// shape of the indices. Throws ShapeError or IndexError.
template <class Scalar>
Variable<Scalar> gather(const Variable<Scalar>& x, Index axis, Tensor<Index> indices) {
  return detail::gather(x, x.shape().normalize_axis(axis),
                        std::make_shared<const Tensor<Index>>(std::move(indices)));
}

}  // namespace gradus
