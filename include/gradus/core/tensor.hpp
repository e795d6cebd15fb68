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
/// A value: copies are deep, moves cost a pointer and leave an empty tensor of shape `[0]`. Its capacity
/// never shrinks, so that resizing back and forth between batch sizes allocates once. Converts to TensorView,
/// which is what every function of the library takes.
///
/// Braces hold elements, never a shape: `Tensor{{1, 2}, {3, 4}}` has shape `[2, 2]`; for a shape write
/// `Tensor<float>::zeros({2, 2})` or `Tensor<float>(Shape{2, 2})`.
template <TensorScalar Scalar = float>
class Tensor {
 public:
  using scalar_type = Scalar;                  ///< the type of an element
  using View = TensorView<Scalar>;             ///< a view that can change the elements
  using ConstView = TensorView<const Scalar>;  ///< a view that cannot

  /// An empty tensor of shape `[0]`.
  Tensor() = default;
  /// All zeros.
  explicit Tensor(const Shape& shape) : Tensor(uninitialized(shape)) { fill(Scalar{}); }
  /// The elements of a span in row-major order. Throws ShapeError if their number does not fit the shape.
  Tensor(const Shape& shape, std::span<const Scalar> elements) : Tensor(ConstView(elements, shape)) {}
  /// Elements in nested braces, any rank: `{{1, 2, 3}, {4, 5, 6}}` is `[2, 3]`. Throws ShapeError if ragged.
  Tensor(std::initializer_list<NestedList<Scalar>> elements) : Tensor(NestedList<Scalar>(elements)) {}
  /// Elements in nested braces.
  explicit Tensor(const NestedList<Scalar>& elements) : Tensor(uninitialized(elements.shape())) {
    elements.copy_to(data());
  }
  /// A copy of a view's elements.
  Tensor(ConstView other) : Tensor(uninitialized(other.shape())) { std::ranges::copy(other, data()); }
  /// A copy of a view's elements.
  Tensor(View other) : Tensor(ConstView(other)) {}
  /// The value of an Eigen expression: a vector becomes rank 1, all else rank 2.
  template <class Derived>
  requires std::same_as<typename Derived::Scalar, Scalar> Tensor(const Eigen::DenseBase<Derived>& expression)
      : Tensor(uninitialized(eigen_shape(expression))) {
    using Plain = Eigen::Array<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    Eigen::Map<Plain>(data(), expression.rows(), expression.cols()) = expression.derived().array();
  }

  /// A deep copy.
  Tensor(const Tensor& other) : Tensor(other.view()) {}
  /// Takes the elements and leaves an empty tensor of shape `[0]`.
  Tensor(Tensor&& other) noexcept
      : buffer_(std::move(other.buffer_)), shape_(std::exchange(other.shape_, Shape{0})) {}
  /// Keeps this tensor's memory if it is large enough.
  Tensor& operator=(const Tensor& other) { return assign(other.view()); }
  /// The view may be of this very tensor.
  template <std::convertible_to<ConstView> Other>
  requires(!std::same_as<Other, Tensor>) Tensor& operator=(const Other& other) { return assign(other); }
  /// Takes the elements and leaves an empty tensor of shape `[0]`.
  Tensor& operator=(Tensor&& other) noexcept {
    buffer_ = std::move(other.buffer_);
    shape_ = std::exchange(other.shape_, Shape{0});
    return *this;
  }
  ~Tensor() = default;

  /// Memory without values, for a kernel that writes every element.
  static Tensor uninitialized(const Shape& shape) {
    Tensor result;
    result.resize(shape);
    return result;
  }
  /// All elements 0.
  static Tensor zeros(const Shape& shape) { return Tensor(shape); }
  /// All elements 1.
  static Tensor ones(const Shape& shape) { return full(shape, Scalar{1}); }
  /// All elements `value`.
  static Tensor full(const Shape& shape, Scalar value) {
    Tensor result = uninitialized(shape);
    result.fill(value);
    return result;
  }
  /// Rank 0.
  static Tensor scalar(Scalar value) { return full(Shape{}, value); }
  /// `begin, begin + step, ...` up to but without `end`. Throws ArgumentError on a step of 0 and on numbers
  /// that are not finite.
  static Tensor arange(Scalar begin, Scalar end, Scalar step = Scalar{1}) {
    if (!(step < Scalar{} || step > Scalar{}))
      throw ArgumentError("arange: step is 0 or NaN, expected a number other than 0");
    Tensor result = uninitialized(Shape{detail::arange_count(begin, end, step)});
    for (Index i = 0; i < result.size(); ++i) result.data()[i] = detail::arange_number(begin, i, step);
    return result;
  }
  /// `0, 1, ...` up to but without `end`. Throws ArgumentError on a number that is not finite.
  static Tensor arange(Scalar end) { return arange(Scalar{}, end); }
  /// Normal numbers N(mean, std^2); those of `torch.randn` for the same seed to 1e-6.
  static Tensor randn(const Shape& shape, Generator& random, Scalar mean = 0,
                      Scalar std = 1) requires std::floating_point<Scalar> {
    Tensor result = uninitialized(shape);
    random.fill_normal(result.span(), mean, std);
    return result;
  }
  /// Uniform numbers in `[from, to)`; those of `torch.rand` for the same seed, bit for bit.
  static Tensor uniform(const Shape& shape, Generator& random, Scalar from = 0,
                        Scalar to = 1) requires std::floating_point<Scalar> {
    Tensor result = uninitialized(shape);
    random.fill_uniform(result.span(), from, to);
    return result;
  }

  /// Nothing that views a temporary outlives it: `view()` of a temporary is the tensor itself, its Eigen maps
  /// keep the elements, and there is no pointer or span to them. As the argument of a function it converts
  /// to a view.
  /// @{
  View view() & { return {data(), shape_}; }
  ConstView view() const& { return {data(), shape_}; }
  Tensor view() && { return std::move(*this); }
  Tensor view() const&& { return *this; }
  operator View() { return {buffer_.data(), shape_}; }
  operator ConstView() const { return {buffer_.data(), shape_}; }
  /// @}

  /// The first element; the others follow in row-major order.
  /// @{
  Scalar* data() & { return buffer_.data(); }
  const Scalar* data() const& { return buffer_.data(); }
  const Scalar* data() const&& = delete;
  /// @}
  /// The extents of all axes.
  /// @{
  const Shape& shape() const& { return shape_; }
  Shape shape() const&& { return shape_; }
  /// @}
  /// The number of axes.
  Index rank() const { return shape_.rank(); }
  /// The number of elements.
  Index size() const { return shape_.size(); }
  /// Whether the number of elements is 0.
  bool empty() const { return shape_.empty(); }
  /// All elements in row-major order.
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

  /// Another shape; allocates only beyond the largest size so far, and the elements are unspecified after it.
  void resize(const Shape& shape) {
    buffer_.reserve(std::max(shape.size(), Index{1}));
    shape_ = shape;
  }
  /// Sets all elements to `value`.
  void fill(Scalar value) { std::fill_n(data(), size(), value); }

  /// Returns one element, with one index per axis; always checked. Throws IndexError.
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
  /// The only element of a tensor of size 1. Throws ShapeError.
  Scalar item() const { return view().item(); }

  /// Eigen maps of the same memory: see TensorView.
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

  /// A view under another shape, without a copy; of a temporary, the tensor itself. One extent may be -1.
  /// @{
  View reshape(std::initializer_list<Index> extents) & { return view().reshape(extents); }
  ConstView reshape(std::initializer_list<Index> extents) const& { return view().reshape(extents); }
  Tensor reshape(std::initializer_list<Index> extents) const&& { return Tensor(*this).reshape(extents); }
  Tensor reshape(std::initializer_list<Index> extents) && {
    shape_ = ConstView(*this).reshape(extents).shape();
    return std::move(*this);
  }
  /// @}

  /// Elements `[begin, end)` along the first axis, without a copy. Throws IndexError.
  /// @{
  View slice(Index begin, Index end) & { return view().slice(begin, end); }
  ConstView slice(Index begin, Index end) const& { return view().slice(begin, end); }
  Tensor slice(Index begin, Index end) const&& { return ConstView(*this).slice(begin, end); }
  /// @}

  /// Element i along the first axis, without a copy. Throws IndexError.
  /// @{
  View operator[](Index i) & { return view()[i]; }
  ConstView operator[](Index i) const& { return view()[i]; }
  Tensor operator[](Index i) const&& { return ConstView(*this)[i]; }
  /// @}

  /// The same elements as another scalar type; fractions are cut off. Throws ArgumentError for a number that
  /// an integer type cannot hold, such as NaN.
  template <TensorScalar Other>
  Tensor<Other> cast() const {
    Tensor<Other> result = Tensor<Other>::uninitialized(shape_);
    std::ranges::transform(*this, result.data(),
                           [](Scalar element) { return detail::checked_cast<Other>("cast", element); });
    return result;
  }

  /// Equal shapes and elements; NaN differs from itself.
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

  /// A map of this temporary that keeps it.
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

/// Deduces the scalar from what is copied.
/// @{
template <class Scalar>
Tensor(TensorView<Scalar>) -> Tensor<std::remove_const_t<Scalar>>;
// Of the two kinds of DenseBase, for clang 14 prefers the constructor's own guide to one for DenseBase.
template <class Derived>
Tensor(const Eigen::MatrixBase<Derived>&) -> Tensor<typename Derived::Scalar>;
template <class Derived>
Tensor(const Eigen::ArrayBase<Derived>&) -> Tensor<typename Derived::Scalar>;
/// @}

/// NumPy's test: equal shapes and |a - b| <= absolute + relative * |b| for every element; infinities of one
/// sign are close, NaN is close to NaN only with `equal_nan`.
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
