// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <concepts>
#include <type_traits>

#include <gradus/core/eigen.hpp>
#include <gradus/core/matrix_view.hpp>

/// Products computed by the BLAS that Eigen calls if EIGEN_USE_BLAS is defined, as the CMake target
/// gradus::blas does.

namespace gradus::ops::detail {

#ifdef EIGEN_USE_BLAS
inline constexpr bool use_blas = true;
#else
inline constexpr bool use_blas = false;
#endif

/// Below this many multiply-adds, calling the BLAS costs more than it saves.
inline constexpr Index blas_work = 32 * 32 * 32;

/// Returns whether the BLAS accepts m as row-major. It requires a row stride of at least the row length.
template <class Scalar>
bool is_row_major(const MatrixView<Scalar>& m) {
  return m.column_stride == 1 && (m.rows == 1 || m.row_stride >= m.columns);
}

template <class Scalar>
bool is_row_or_column_major(const MatrixView<Scalar>& m) {
  return is_row_major(m) || is_row_major(m.transposed());
}

template <class Scalar, int order>
using OrderedMap =
    Eigen::Map<std::conditional_t<
                   std::is_const_v<Scalar>,
                   const Eigen::Matrix<std::remove_const_t<Scalar>, Eigen::Dynamic, Eigen::Dynamic, order>,
                   Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, order>>,
               Eigen::Unaligned, Eigen::OuterStride<>>;

/// Calls f with m as an Eigen matrix. BLAS has two storage orders, which are separate types in Eigen.
template <class Scalar, class F>
void with_order(const MatrixView<Scalar>& m, F&& f) {
  const auto map = [&]<int order>(std::integral_constant<int, order>, Index stride, Index length) {
    f(OrderedMap<Scalar, order>(m.data, m.rows, m.columns, Eigen::OuterStride<>(std::max(stride, length))));
  };
  if (is_row_major(m))
    map(std::integral_constant<int, Eigen::RowMajor>{}, m.row_stride, m.columns);
  else
    map(std::integral_constant<int, Eigen::ColMajor>{}, m.column_stride, m.rows);
}

/// Computes c = a b or c += a b through Eigen. Returns false, and does nothing, if the BLAS does not support
/// the layout or the product is too small.
template <std::floating_point Scalar>
bool multiply_by_blas(const MatrixView<const Scalar>& a, const MatrixView<const Scalar>& b,
                      const MatrixView<Scalar>& c, bool accumulate) {
  if (!is_row_or_column_major(a) || !is_row_or_column_major(b) || !is_row_major(c) ||
      c.rows * c.columns * a.columns < blas_work)
    return false;
  OrderedMap<Scalar, Eigen::RowMajor> result(c.data, c.rows, c.columns,
                                             Eigen::OuterStride<>(std::max(c.row_stride, c.columns)));
  with_order(a, [&](const auto& left) {
    with_order(b, [&](const auto& right) {
      if (accumulate)
        result.noalias() += left * right;
      else
        result.noalias() = left * right;
    });
  });
  return true;
}

}  // namespace gradus::ops::detail
