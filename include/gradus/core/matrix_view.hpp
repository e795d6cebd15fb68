// SPDX-License-Identifier: MIT

#pragma once

#include <type_traits>

#include <gradus/core/index.hpp>

namespace gradus {

/// A non-owning view of a matrix: element (i, j) is data[i * row_stride + j * column_stride]. Both strides
/// are arbitrary, so transposing costs nothing.
template <class Scalar>
struct MatrixView {
  Scalar* data = nullptr;   ///< element (0, 0)
  Index rows = 0;           ///< number of rows
  Index columns = 0;        ///< number of columns
  Index row_stride = 0;     ///< elements from one row to the next
  Index column_stride = 1;  ///< elements from one column to the next

  /// Creates an empty view: no rows and no columns.
  constexpr MatrixView() = default;

  /// Views [rows, columns] elements, row-major and contiguous.
  constexpr MatrixView(Scalar* data_, Index rows_, Index columns_)
      : MatrixView(data_, rows_, columns_, columns_, 1) {}

  /// Views [rows, columns] elements with any strides.
  constexpr MatrixView(Scalar* data_, Index rows_, Index columns_, Index row_stride_, Index column_stride_)
      : data(data_), rows(rows_), columns(columns_), row_stride(row_stride_), column_stride(column_stride_) {}

  /// Converts a mutable view to a read-only one; the other direction does not compile.
  template <class Other>
  requires std::is_same_v<Scalar, const Other>
  constexpr MatrixView(MatrixView<Other> other)
      : MatrixView(other.data, other.rows, other.columns, other.row_stride, other.column_stride) {}

  /// Returns element (i, j), unchecked.
  constexpr Scalar& operator()(Index i, Index j) const { return data[i * row_stride + j * column_stride]; }

  /// Returns a view of the transpose, [columns, rows].
  constexpr MatrixView transposed() const { return {data, columns, rows, column_stride, row_stride}; }

  /// Returns rows [first, first + count), unchecked.
  constexpr MatrixView row_range(Index first, Index count) const {
    return {data + first * row_stride, count, columns, row_stride, column_stride};
  }

  /// Returns columns [first, first + count), unchecked.
  constexpr MatrixView column_range(Index first, Index count) const {
    return {data + first * column_stride, rows, count, row_stride, column_stride};
  }
};

}  // namespace gradus
