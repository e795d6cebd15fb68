// SPDX-License-Identifier: MIT

#pragma once

/// Defines `as<Rank>()` for rank 0 and for ranks of at least 3. It returns an `Eigen::TensorMap` for Eigen's
/// contractions and convolutions. gradus.hpp does not include this header, because Eigen's tensor module adds
/// half a second to the compile time.

#include <type_traits>

#include <gradus/core/eigen.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>

// clang-format off
#include <gradus/core/detail/ignore_eigen_warnings.inc>
#include <unsupported/Eigen/CXX11/Tensor>  // IWYU pragma: export
#include <gradus/core/detail/restore_warnings.inc>
// clang-format on

namespace gradus::detail {

/// The Eigen type that `as<Rank>()` returns for ranks other than 1 and 2.
template <class Scalar, int Rank>
struct EigenMap {
  using Plain = Eigen::Tensor<std::remove_const_t<Scalar>, Rank, Eigen::RowMajor>;
  using Map = Eigen::TensorMap<std::conditional_t<std::is_const_v<Scalar>, const Plain, Plain>>;

  static Map map(Scalar* data, const Shape& shape) {
    typename Plain::Dimensions dimensions;
    for (int axis = 0; axis < Rank; ++axis) dimensions[to_size(axis)] = shape[axis];
    return Map(data, dimensions);
  }
};

}  // namespace gradus::detail
