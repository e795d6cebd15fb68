// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <initializer_list>
#include <span>
#include <type_traits>
#include <utility>

#include <gradus/core/aligned_buffer.hpp>
#include <gradus/core/arange.hpp>
#include <gradus/core/checked.hpp>
#include <gradus/core/eigen.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/nested_list.hpp>
#include <gradus/core/owning_map.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>

namespace gradus {

/// A tensor of any rank that owns its elements: contiguous, row-major, 64-byte aligned.
///
/// Tensors are values: copies are deep; moves take over the memory and leave an empty tensor of shape `[0]`.
/// The capacity never shrinks, so alternating between batch sizes allocates only once. Converts to
/// TensorView, which the functions of the library take.
///
/// Braces hold elements, never a shape: `Tensor{{1, 2}, {3, 4}}` has shape `[2, 2]`. For a shape, write
/// `Tensor<float>::zeros({2, 2})` or `Tensor<float>(Shape{2, 2})`.
template <TensorScalar Scalar = float>
class Tensor {
 public:
  using scalar_type = Scalar;                  ///< the type of an element
  using View = TensorView<Scalar>;             ///< a mutable view
  using ConstView = TensorView<const Scalar>;  ///< a read-only view

  /// Creates an empty tensor of shape `[0]`.
  Tensor() = default;
  /// Creates a tensor of zeros.
  explicit Tensor(const Shape& shape) : Tensor(uninitialized(shape)) { fill(Scalar{}); }
  /// Copies the elements of a span in row-major order. Throws ShapeError if their number does not fit.
  Tensor(const Shape& shape, std::span<const Scalar> elements) : Tensor(ConstView(elements, shape)) {}
  /// Creates a tensor from nested braces: `{{1, 2, 3}, {4, 5, 6}}` is `[2, 3]`. Throws ShapeError if ragged.
  Tensor(std::initializer_list<NestedList<Scalar>> elements) : Tensor(NestedList<Scalar>(elements)) {}
  /// Creates a tensor from nested braces.
  explicit Tensor(const NestedList<Scalar>& elements) : Tensor(uninitialized(elements.shape())) {
    elements.copy_to(data());
  }
  /// Copies the elements of a view.
  Tensor(ConstView other) : Tensor(uninitialized(other.shape())) { std::ranges::copy(other, data()); }
  /// Copies the elements of a view.
  Tensor(View other) : Tensor(ConstView(other)) {}
  /// Evaluates an Eigen expression. A vector becomes rank 1, everything else rank 2.
  template <class Derived>
  requires std::same_as<typename Derived::Scalar, Scalar> Tensor(const Eigen::DenseBase<Derived>& expression)
      : Tensor(uninitialized(eigen_shape(expression))) {
    using Plain = Eigen::Array<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    Eigen::Map<Plain>(data(), expression.rows(), expression.cols()) = expression.derived().array();
  }

  /// Copies the elements.
  Tensor(const Tensor& other) : Tensor(other.view()) {}
  /// Takes over the elements and leaves an empty tensor of shape `[0]`.
  Tensor(Tensor&& other) noexcept
      : buffer_(std::move(other.buffer_)), shape_(std::exchange(other.shape_, Shape{0})) {}
  /// Copies the elements, reusing this tensor's memory if it is large enough.
  Tensor& operator=(const Tensor& other) { return assign(other.view()); }
  /// Copies the elements of a view, which may view this tensor.
  template <std::convertible_to<ConstView> Other>
  requires(!std::same_as<Other, Tensor>) Tensor& operator=(const Other& other) { return assign(other); }
  /// Takes over the elements and leaves an empty tensor of shape `[0]`.
  Tensor& operator=(Tensor&& other) noexcept {
    buffer_ = std::move(other.buffer_);
    shape_ = std::exchange(other.shape_, Shape{0});
    return *this;
  }
  ~Tensor() = default;

  /// Returns a tensor of unspecified values, for kernels that write every element.
  static Tensor uninitialized(const Shape& shape) {
    Tensor result;
    result.resize(shape);
    return result;
  }
  /// Returns a tensor of zeros.
  static Tensor zeros(const Shape& shape) { return Tensor(shape); }
  /// Returns a tensor of ones.
  static Tensor ones(const Shape& shape) { return full(shape, Scalar{1}); }
  /// Returns a tensor whose elements are all `value`.
  static Tensor full(const Shape& shape, Scalar value) {
    Tensor result = uninitialized(shape);
    result.fill(value);
    return result;
  }
  /// Returns a tensor of rank 0.
  static Tensor scalar(Scalar value) { return full(Shape{}, value); }
  /// Returns `begin, begin + step, ...`, excluding `end`. Throws ArgumentError if the step is 0, a number is
  /// not finite or there are too many elements.
  static Tensor arange(Scalar begin, Scalar end, Scalar step = Scalar{1}) {
    if (!(step < Scalar{} || step > Scalar{}))
      throw ArgumentError("arange: step is 0 or NaN, expected a number other than 0");
    Tensor result = uninitialized(Shape{detail::arange_count(begin, end, step)});
    for (Index i = 0; i < result.size(); ++i) result.data()[i] = detail::arange_number(begin, i, step);
    return result;
  }
  /// Returns `0, 1, ...`, excluding `end`. Throws ArgumentError if `end` is not finite.
  static Tensor arange(Scalar end) { return arange(Scalar{}, end); }
  /// Returns normal numbers N(mean, std^2), equal to those of `torch.randn` for the same seed to 1e-6.
  /// Throws ArgumentError if std < 0.
  static Tensor randn(const Shape& shape, Generator& random, Scalar mean = 0,
                      Scalar std = 1) requires std::floating_point<Scalar> {
    Tensor result = uninitialized(shape);
    random.fill_normal(result.span(), mean, std);
    return result;
  }
  /// Returns uniform numbers in `[from, to)`, bit-identical to `torch.rand` for the same seed. Throws
  /// ArgumentError if from > to.
  static Tensor uniform(const Shape& shape, Generator& random, Scalar from = 0,
                        Scalar to = 1) requires std::floating_point<Scalar> {
    Tensor result = uninitialized(shape);
    random.fill_uniform(result.span(), from, to);
    return result;
  }

  /// Returns a view. No view outlives a temporary: `view()` of a temporary returns the tensor itself, its
  /// Eigen maps own the elements, and taking a pointer or span does not compile. A temporary still converts
  /// to a view when it is passed to a function.
  /// @{
  View view() & { return {data(), shape_}; }
  ConstView view() const& { return {data(), shape_}; }
  Tensor view() && { return std::move(*this); }
  Tensor view() const&& { return *this; }
  operator View() { return {buffer_.data(), shape_}; }
  operator ConstView() const { return {buffer_.data(), shape_}; }
  /// @}

  /// Returns a pointer to the first element; the others follow in row-major order.
  /// @{
  Scalar* data() & { return buffer_.data(); }
  const Scalar* data() const& { return buffer_.data(); }
  const Scalar* data() const&& = delete;
  /// @}
  /// Returns the extents of all axes.
  /// @{
  const Shape& shape() const& { return shape_; }
  Shape shape() const&& { return shape_; }
  /// @}
  /// Returns the number of axes.
  Index rank() const { return shape_.rank(); }
  /// Returns the number of elements.
  Index size() const { return shape_.size(); }
  /// Returns whether the number of elements is 0.
  bool empty() const { return shape_.empty(); }
  /// Returns all elements in row-major order.
  /// @{
  std::span<Scalar> span() & { return view().span(); }
  std::span<const Scalar> span() const& { return view().span(); }
  std::span<const Scalar> span() const&& = delete;
  Scalar* begin() & { return data(); }
  Scalar* end() & { return data() + size(); }
  const Scalar* begin() const& { return data(); }
  const Scalar* end() const& { return data() + size(); }
  const Scalar* begin() const&& = delete;
  const Scalar* end() const&& = delete;
  /// @}

  /// Changes the shape; elements become unspecified. Allocates only above the largest size so far.
  void resize(const Shape& shape) {
    buffer_.reserve(std::max(shape.size(), Index{1}));
    shape_ = shape;
  }
  /// Sets all elements to `value`.
  void fill(Scalar value) { std::fill_n(data(), size(), value); }

  /// Returns one element, given one index per axis; always checked. Throws IndexError.
  /// @{
  template <std::integral... I>
  Scalar& operator()(I... indices) & {
    return view()(indices...);
  }
  template <std::integral... I>
  const Scalar& operator()(I... indices) const& {
    return view()(indices...);
  }
  template <std::integral... I>
  Scalar operator()(I... indices) const&& {
    return ConstView(*this)(indices...);
  }
  /// @}
  /// Returns the only element of a tensor of size 1. Throws ShapeError if the size is not 1.
  Scalar item() const { return view().item(); }

  /// Returns an Eigen map of the same memory; see TensorView.
  /// @{
  auto matrix() & { return view().matrix(); }
  auto matrix() const& { return view().matrix(); }
  auto matrix() && {
    return own_map([](const Tensor& tensor) { return tensor.matrix(); });
  }
  auto matrix() const&& { return Tensor(*this).matrix(); }
  auto vector() & { return view().vector(); }
  auto vector() const& { return view().vector(); }
  auto vector() && {
    return own_map([](const Tensor& tensor) { return tensor.vector(); });
  }
  auto vector() const&& { return Tensor(*this).vector(); }
  auto array() & { return view().array(); }
  auto array() const& { return view().array(); }
  auto array() && {
    return own_map([](const Tensor& tensor) { return tensor.array(); });
  }
  auto array() const&& { return Tensor(*this).array(); }
  template <int Rank>
  auto as() & {
    return view().template as<Rank>();
  }
  template <int Rank>
  auto as() const& {
    return view().template as<Rank>();
  }
  template <int Rank>
  auto as() && {
    return own_map([](const Tensor& tensor) { return tensor.template as<Rank>(); });
  }
  template <int Rank>
  auto as() const&& {
    return Tensor(*this).template as<Rank>();
  }
  /// @}

  /// Returns a view with another shape; for a temporary, the tensor itself. One extent may be -1.
  /// @{
  View reshape(std::initializer_list<Index> extents) & { return view().reshape(extents); }
  ConstView reshape(std::initializer_list<Index> extents) const& { return view().reshape(extents); }
  Tensor reshape(std::initializer_list<Index> extents) const&& { return Tensor(*this).reshape(extents); }
  Tensor reshape(std::initializer_list<Index> extents) && {
    shape_ = ConstView(*this).reshape(extents).shape();
    return std::move(*this);
  }
  /// @}

  /// Returns elements `[begin, end)` along the first axis, without copying. Throws IndexError.
  /// @{
  View slice(Index begin, Index end) & { return view().slice(begin, end); }
  ConstView slice(Index begin, Index end) const& { return view().slice(begin, end); }
  Tensor slice(Index begin, Index end) const&& { return ConstView(*this).slice(begin, end); }
  /// @}

  /// Returns element i along the first axis, without copying. Throws IndexError.
  /// @{
  View operator[](Index i) & { return view()[i]; }
  ConstView operator[](Index i) const& { return view()[i]; }
  Tensor operator[](Index i) const&& { return ConstView(*this)[i]; }
  /// @}

  /// Returns the elements converted to another scalar type; fractions are truncated. Throws ArgumentError for
  /// a number that an integer type cannot hold, such as NaN.
  template <TensorScalar Other>
  Tensor<Other> cast() const {
    Tensor<Other> result = Tensor<Other>::uninitialized(shape_);
    std::ranges::transform(*this, result.data(),
                           [](Scalar element) { return detail::checked_cast<Other>("cast", element); });
    return result;
  }

  /// Compares shapes and elements; NaN is not equal to itself.
  friend bool operator==(const Tensor& a, const Tensor& b) {
    return a.shape_ == b.shape_ && std::equal(a.begin(), a.end(), b.begin());
  }

 private:
  Tensor& assign(ConstView other) {
    if (other.size() > buffer_.capacity()) return *this = Tensor(other);
    shape_ = other.shape();
    if (other.data() != data()) std::copy_n(other.data(), other.size(), data());
    return *this;
  }

  /// Returns a map that takes over this temporary.
  template <class MakeMap>
  auto own_map(const MakeMap& make_map) {
    return detail::OwningMap<Tensor, decltype(make_map(*this))>(std::move(*this), make_map);
  }

  template <class Derived>
  static Shape eigen_shape(const Eigen::DenseBase<Derived>& expression) {
    if constexpr (Derived::IsVectorAtCompileTime) return Shape{expression.size()};
    return Shape{expression.rows(), expression.cols()};
  }

  detail::AlignedBuffer<Scalar> buffer_;
  Shape shape_{0};
};

/// Deduces the scalar type from the source.
/// @{
template <class Scalar>
Tensor(TensorView<Scalar>) -> Tensor<std::remove_const_t<Scalar>>;
// One guide per kind of DenseBase: clang 14 prefers the constructor's implicit guide to one for DenseBase.
template <class Derived>
Tensor(const Eigen::MatrixBase<Derived>&) -> Tensor<typename Derived::Scalar>;
template <class Derived>
Tensor(const Eigen::ArrayBase<Derived>&) -> Tensor<typename Derived::Scalar>;
/// @}

/// Returns whether the shapes are equal and |a - b| <= absolute + relative * |b| for every element, as NumPy
/// does. Infinities of the same sign are close; two NaNs are close only with `equal_nan`.
template <std::floating_point Scalar>
bool allclose(const Tensor<Scalar>& a, const Tensor<Scalar>& b, Scalar relative = Scalar(1e-5),
              Scalar absolute = Scalar(1e-8), bool equal_nan = false) {
  if (!(a.shape() == b.shape())) return false;
  return std::equal(a.begin(), a.end(), b.begin(), [&](Scalar x, Scalar y) {
    if (std::isnan(x) || std::isnan(y)) return equal_nan && std::isnan(x) && std::isnan(y);
    if (std::isinf(x) || std::isinf(y)) return !(x < y) && !(x > y);
    return std::abs(x - y) <= absolute + relative * std::abs(y);
  });
}

}  // namespace gradus
