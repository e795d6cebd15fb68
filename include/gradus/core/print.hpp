// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>

#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>

namespace gradus {

namespace detail {

template <class Scalar>
std::string scalar_name() {
  if constexpr (std::is_same_v<Scalar, bool>) return "bool";
  const std::string bits = std::to_string(8 * sizeof(Scalar));
  if constexpr (std::is_same_v<Scalar, float>) return "float";
  if constexpr (std::is_same_v<Scalar, double>) return "double";
  if constexpr (std::floating_point<Scalar>) return "float" + bits;
  return (std::is_signed_v<Scalar> ? "int" : "uint") + bits;
}

/// A formatter of tensor elements that follows NumPy and PyTorch: brackets, columns of equal width, four
/// digits after the decimal point, and only the edges of a large tensor.
template <class Scalar>
class TensorPrinter {
 public:
  explicit TensorPrinter(TensorView<const Scalar> tensor)
      : tensor_(tensor), shortened_(tensor.size() > max_size) {
    if constexpr (std::floating_point<Scalar>) choose_notation();
    for_each_shown(0, 0, [this](Scalar element) { width_ = std::max(width_, format(element).size()); });
  }

  std::string text() {
    if (tensor_.empty()) return "[]";
    write(0, 0);
    return text_;
  }

 private:
  enum class Notation { whole, fixed, scientific };

  // NumPy's defaults.
  static constexpr Index max_size = 1000;
  static constexpr Index edge = 3;
  static constexpr std::size_t line_length = 80;

  Index extent(Index axis) const { return tensor_.shape()[axis]; }
  bool has_gap(Index axis) const { return shortened_ && extent(axis) > 2 * edge; }

  template <class F>
  void for_each_shown(Index axis, Index offset, const F& f) const {
    if (axis == tensor_.rank()) return f(tensor_.data()[offset]);
    for (Index i = 0; i < extent(axis); ++i) {
      if (has_gap(axis) && i == edge) i = extent(axis) - edge;
      for_each_shown(axis + 1, offset * extent(axis) + i, f);
    }
  }

  void choose_notation() {
    bool whole = true;
    using Real = std::common_type_t<Scalar, double>;
    Real largest = 0, smallest = 0;
    for_each_shown(0, 0, [&](Scalar element) {
      const Real size = std::abs(static_cast<Real>(element));
      if (!std::isfinite(size) || !(size > 0)) return;
      whole = whole && !(size < std::floor(size) || size > std::floor(size));
      largest = std::max(largest, size);
      smallest = smallest > 0 ? std::min(smallest, size) : size;
    });
    if (largest > 1e8 || largest > 1000 * smallest || (!whole && smallest < 1e-4)) {
      notation_ = Notation::scientific;
    } else {
      notation_ = whole ? Notation::whole : Notation::fixed;
    }
  }

  std::string format(Scalar element) const {
    if constexpr (std::integral<Scalar>) {
      return std::to_string(+element);
    } else {
      if (!std::isfinite(element)) return format_shortest(element);
      if (notation_ == Notation::scientific) return format_scientific(element, 4);
      return notation_ == Notation::fixed ? format_fixed(element, 4) : format_fixed(element, 0) + ".";
    }
  }

  void write(Index axis, Index offset) {
    if (axis == tensor_.rank()) return write_padded(format(tensor_.data()[offset]));
    text_ += '[';
    for (Index i = 0; i < extent(axis); ++i) {
      if (i > 0) separate(axis);
      if (has_gap(axis) && i == edge) {
        text_ += "...";
        separate(axis);
        i = extent(axis) - edge;
      }
      write(axis + 1, offset * extent(axis) + i);
    }
    text_ += ']';
  }

  void separate(Index axis) {
    const Index depth = tensor_.rank() - axis;  // 1 between the elements of a row
    text_ += ',';
    if (depth > 1) return start_line(axis, depth - 1);
    const std::size_t column = text_.size() - (text_.rfind('\n') + 1);
    if (column + 1 + width_ + 1 > line_length) return start_line(axis, 1);
    text_ += ' ';
  }

  void start_line(Index axis, Index line_breaks) {
    text_.append(to_size(line_breaks), '\n');
    text_.append(to_size(axis) + 1, ' ');
  }

  void write_padded(std::string_view element) {
    text_.append(width_ - element.size(), ' ');
    text_ += element;
  }

  TensorView<const Scalar> tensor_;
  bool shortened_;
  Notation notation_ = Notation::whole;
  std::size_t width_ = 0;
  std::string text_;
};

}  // namespace detail

/// Returns the type, shape and elements of a tensor. Above 1000 elements, shows only the first and last three
/// of each axis:
///
///     Tensor<float> [2, 2]
///     [[ 0.5000, -1.2500],
///      [    inf,  3.0000]]
template <class Scalar>
std::string to_string(TensorView<Scalar> tensor) {
  using Element = std::remove_const_t<Scalar>;
  return "Tensor<" + detail::scalar_name<Element>() + "> " + tensor.shape().to_string() + "\n" +
         detail::TensorPrinter<Element>(tensor).text();
}
/// Returns the text of the tensor's view.
template <class Scalar>
std::string to_string(const Tensor<Scalar>& tensor) {
  return to_string(tensor.view());
}

/// Writes the text that `to_string` returns.
/// @{
template <class Scalar>
std::ostream& operator<<(std::ostream& stream, TensorView<Scalar> tensor) {
  return stream << to_string(tensor);
}
template <class Scalar>
std::ostream& operator<<(std::ostream& stream, const Tensor<Scalar>& tensor) {
  return stream << to_string(tensor);
}

inline std::ostream& operator<<(std::ostream& stream, const Shape& shape) {
  return stream << shape.to_string();
}
/// @}

}  // namespace gradus
