// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <type_traits>

#include <gradus/core/eigen.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>

namespace gradus {

/// The element types of tensors: the integer and floating-point types that Eigen supports.
template <class T>
concept TensorScalar = std::is_arithmetic_v<T> && !std::is_const_v<T> && !std::is_volatile_v<T>;

/// The scalar types of networks and of autograd. The kernels support no other floating-point types.
template <class T>
concept FloatOrDouble = std::same_as<T, float> || std::same_as<T, double>;

namespace detail {

template <class Scalar, class Plain>
using MapOf = Eigen::Map<std::conditional_t<std::is_const_v<Scalar>, const Plain, Plain>>;

/// The Eigen type of `as<Rank>()`. core/eigen_tensor.hpp adds rank 0 and ranks above 2, because Eigen's
/// tensor module is slow to compile.
template <class Scalar, int Rank>
struct EigenMap;

[[noreturn]] inline void throw_rank(const char* operation, const Shape& got, Index wanted) {
  throw ShapeError(std::string(operation) + ": tensor has shape " + got.to_string() + ", expected rank " +
                   std::to_string(wanted));
}

[[noreturn]] inline void throw_element(std::span<const Index> indices, const Shape& shape) {
  std::string text = "Tensor: element (";
  for (std::size_t i = 0; i < indices.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(indices[i]);
  throw IndexError(text + ") of a tensor of shape " + shape.to_string());
}

[[noreturn]] inline void throw_slice(Index begin, Index end, const Shape& shape) {
  throw IndexError("Tensor: slice [" + std::to_string(begin) + ", " + std::to_string(end) +
                   ") along the first axis of shape " + shape.to_string());
}

/// Returns the shape of a reshape. One extent may be -1; it is inferred from the number of elements.
inline Shape infer_shape(const Shape& from, std::span<const Index> wanted) {
  IndexedArray<Index, Shape::max_rank> extents{};
  // With an extent of 0 the product cannot overflow.
  Index known = std::ranges::find(wanted, Index{0}) == wanted.end() ? 1 : 0;
  Index unknown_at = -1;
  bool valid = wanted.size() <= extents.size();
  for (std::size_t i = 0; valid && i < wanted.size(); ++i) {
    extents[static_cast<Index>(i)] = wanted[i];
    if (wanted[i] != -1) {
      valid = wanted[i] >= 0 && (wanted[i] == 0 || known <= std::numeric_limits<Index>::max() / wanted[i]);
      if (valid) known *= wanted[i];
    } else {
      valid = unknown_at < 0;
      unknown_at = static_cast<Index>(i);
    }
  }
  if (valid && unknown_at >= 0) {
    valid = known > 0 && from.size() % known == 0;
    if (valid) extents[unknown_at] = from.size() / known;
  } else if (valid) {
    valid = known == from.size();
  }
  if (!valid) {
    std::string text = "reshape: tensor has shape " + from.to_string() + ", cannot become [";
    for (std::size_t i = 0; i < wanted.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(wanted[i]);
    throw ShapeError(text + "]");
  }
  return Shape(std::span<const Index>(extents.data(), wanted.size()));
}

}  // namespace detail

/// A non-owning view of a tensor: a pointer and a shape, row-major and contiguous. Cheap to copy; valid until
/// the owner is destroyed or resized. `TensorView<const float>` is read-only, and every `TensorView<float>`
/// converts to it.
template <class Scalar>
requires TensorScalar<std::remove_const_t<Scalar>>
class TensorView {
 public:
  using scalar_type = std::remove_const_t<Scalar>;  ///< the type of an element
  /// The Eigen maps that `matrix()`, `vector()` and `array()` return.
  /// @{
  using MatrixMap =
      detail::MapOf<Scalar, Eigen::Matrix<scalar_type, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
  using VectorMap = detail::MapOf<Scalar, Eigen::Matrix<scalar_type, Eigen::Dynamic, 1>>;
  using ArrayMap = detail::MapOf<Scalar, Eigen::Array<scalar_type, Eigen::Dynamic, 1>>;
  /// @}

  /// Creates a null view, for an optional output that is not requested. `data()` is null, the shape is `[0]`.
  constexpr TensorView() : shape_{0} {}
  /// Views the elements starting at `data` as a tensor of the given shape, unchecked.
  constexpr TensorView(Scalar* data, const Shape& shape) : data_(data), shape_(shape) {}
  /// Views a span as a tensor of the given shape. Throws ShapeError if the numbers of elements differ.
  TensorView(std::span<Scalar> elements, const Shape& shape) : data_(elements.data()), shape_(shape) {
    if (static_cast<Index>(elements.size()) != shape.size()) {
      throw ShapeError("TensorView: span of " + std::to_string(elements.size()) + " elements, shape " +
                       shape.to_string() + " wants " + std::to_string(shape.size()));
    }
  }

  /// Converts to a read-only view of the same elements.
  constexpr operator TensorView<const Scalar>() const requires(!std::is_const_v<Scalar>) {
    return {data_, shape_};
  }

  /// Returns a pointer to the first element.
  constexpr Scalar* data() const { return data_; }
  /// Returns the extents of all axes.
  /// @{
  constexpr const Shape& shape() const& { return shape_; }
  constexpr Shape shape() const&& { return shape_; }
  /// @}
  /// Returns the number of axes.
  constexpr Index rank() const { return shape_.rank(); }
  /// Returns the number of elements.
  constexpr Index size() const { return shape_.size(); }
  /// Returns whether the number of elements is 0.
  constexpr bool empty() const { return shape_.empty(); }
  /// Returns whether this is a null view: an output that was not requested.
  constexpr bool is_null() const { return data_ == nullptr; }

  /// Returns all elements in row-major order.
  /// @{
  constexpr Scalar* begin() const { return data_; }
  constexpr Scalar* end() const { return data_ + size(); }
  constexpr std::span<Scalar> span() const { return {data_, to_size(size())}; }
  /// @}

  /// Returns one element, given one index per axis; always checked. Throws IndexError.
  template <std::integral... I>
  constexpr Scalar& operator()(I... indices) const {
    const std::array<Index, sizeof...(I)> at{static_cast<Index>(indices)...};
    if (static_cast<Index>(sizeof...(I)) != rank()) detail::throw_element(at, shape_);
    if (empty()) detail::throw_element(at, shape_);  // the product of its other extents may overflow
    Index offset = 0;
    for (std::size_t axis = 0; axis < at.size(); ++axis) {
      const Index extent = shape_.begin()[axis];
      if (at[axis] < 0 || at[axis] >= extent) detail::throw_element(at, shape_);
      offset = offset * extent + at[axis];
    }
    return data_[offset];
  }

  /// Returns the only element of a tensor of size 1 and any rank. Throws ShapeError if the size is not 1.
  Scalar& item() const {
    if (size() != 1)
      throw ShapeError("item: tensor has shape " + shape_.to_string() + ", expected one element");
    return *data_;
  }

  /// Returns a matrix that shares this memory. Throws ShapeError unless the rank is 2.
  MatrixMap matrix() const {
    if (rank() != 2) detail::throw_rank("matrix", shape_, 2);
    return MatrixMap(data_, shape_[0], shape_[1]);
  }
  /// Returns a column vector that shares this memory. Throws ShapeError unless the rank is 1.
  VectorMap vector() const {
    if (rank() != 1) detail::throw_rank("vector", shape_, 1);
    return VectorMap(data_, size());
  }
  /// Returns all elements in memory order, for element-wise arithmetic at any rank.
  ArrayMap array() const { return ArrayMap(data_, size()); }
  /// Returns a map of compile-time rank: `vector()`, `matrix()`, or for other ranks an `Eigen::TensorMap`,
  /// which requires core/eigen_tensor.hpp. Throws ShapeError if the rank differs.
  template <int Rank>
  auto as() const {
    if (rank() != Rank) detail::throw_rank("as", shape_, Rank);
    if constexpr (Rank == 1) {
      return vector();
    } else if constexpr (Rank == 2) {
      return matrix();
    } else {
      return detail::EigenMap<Scalar, Rank>::map(data_, shape_);
    }
  }

  /// Returns the same elements with another shape; one extent may be -1. Throws ShapeError.
  TensorView reshape(std::initializer_list<Index> extents) const {
    return {data_, detail::infer_shape(shape_, std::span(extents.begin(), extents.size()))};
  }
  /// Returns the same elements with another shape. Throws ShapeError if the numbers of elements differ.
  TensorView reshape(const Shape& shape) const {
    return {data_, detail::infer_shape(shape_, shape.extents())};
  }

  /// Returns elements `[begin, end)` of the first axis: `[N, ...] -> [end - begin, ...]`. Throws IndexError.
  TensorView slice(Index begin, Index end) const {
    if (rank() == 0 || begin < 0 || end < begin || end > shape_[0]) detail::throw_slice(begin, end, shape_);
    const Index stride = begin == 0 ? 0 : size() / shape_[0];
    return {data_ + begin * stride, shape_.with(0, end - begin)};
  }

  /// Returns element i along the first axis: `[N, ...] -> [...]`. Throws IndexError.
  TensorView operator[](Index i) const {
    if (rank() == 0 || i < 0 || i >= shape_[0]) detail::throw_element({&i, 1}, shape_);
    const Shape inner = shape_.without_first();
    return {data_ + i * inner.size(), inner};
  }

 private:
  Scalar* data_ = nullptr;
  Shape shape_;
};

/// A read-only argument. Not deduced, so that both tensors and views convert to it.
template <class Scalar>
using Input = const std::type_identity_t<TensorView<const Scalar>>&;

}  // namespace gradus
