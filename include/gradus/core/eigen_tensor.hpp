#pragma once

/// `as<Rank>()` from rank 3 on (and rank 0): views as `Eigen::TensorMap`, for Eigen's contractions and
/// convolutions. Apart from tensor_view.hpp because Eigen's tensor module doubles the time to compile.

#include <cstddef>
#include <utility>

#include <gradus/core/eigen.hpp>
#include <gradus/core/tensor_view.hpp>

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wfloat-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#elif defined(_MSC_VER)
#pragma warning(push, 0)
#endif

#include <unsupported/Eigen/CXX11/Tensor>

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#elif defined(_MSC_VER)
#pragma warning(pop)
#endif

namespace gradus::detail {

template <class Scalar, int Rank>
struct EigenMap {
  using Plain = Eigen::Tensor<std::remove_const_t<Scalar>, Rank, Eigen::RowMajor>;
  using Map = Eigen::TensorMap<std::conditional_t<std::is_const_v<Scalar>, const Plain, Plain>>;

  static Map map(Scalar* data, const Shape& shape) {
    typename Plain::Dimensions dimensions;
    for (int axis = 0; axis < Rank; ++axis) dimensions[static_cast<std::size_t>(axis)] = shape[axis];
    return Map(data, dimensions);
  }
};

}  // namespace gradus::detail
