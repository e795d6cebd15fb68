// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/eigen.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/ops/check.hpp>

/// Helpers for operators that process the rows of the last axis one by one: `[..., D]`.
namespace gradus::ops::detail {

template <class Scalar>
using RowMap = Eigen::Map<Eigen::Array<Scalar, Eigen::Dynamic, 1>>;
template <class Scalar>
using ConstRowMap = Eigen::Map<const Eigen::Array<Scalar, Eigen::Dynamic, 1>>;

/// Calls f(offset, columns) for every row; a scalar is one row of one column.
template <class F>
void for_each_row(const Shape& shape, F&& f) {
  if (shape.empty()) return;
  const Index columns = shape.rank() == 0 ? 1 : shape[-1];
  for (Index offset = 0; offset < shape.size(); offset += columns) f(offset, columns);
}

/// Throws ShapeError unless an argument has shape `[D]`, one element per column of rows `[..., D]`.
inline void check_columns(const char* operation, const char* argument, const Shape& got, const Shape& rows) {
  check_shape(operation, argument, got, Shape{rows.rank() == 0 ? 1 : rows[-1]});
}

}  // namespace gradus::ops::detail
