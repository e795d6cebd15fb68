// SPDX-License-Identifier: MIT

#pragma once

#include <initializer_list>

#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>

namespace gradus {

/// Numbers in nested braces, `{{1, 2}, {3, 4}}`. Exists only while a tensor is built from it.
template <class Scalar>
class NestedList {
 public:
  /// Holds one number.
  // constexpr, because otherwise gcc 16 treats the 1 in `Tensor<float>{1}` as a narrowing conversion.
  constexpr NestedList(Scalar value) : value_(value), is_list_(false) {}
  /// Holds a list in braces.
  NestedList(std::initializer_list<NestedList> children) : children_(children), is_list_(true) {}

  /// Returns the extents. Throws ShapeError if the children differ in shape: `{{1, 2}, {3}}`.
  Shape shape() const {
    if (!is_list_) return Shape{};
    if (children_.size() == 0) return Shape{0};
    const Shape inner = children_.begin()->shape();
    for (const NestedList& child : children_) {
      const Shape other = child.shape();
      if (!(other == inner)) {
        throw ShapeError("Tensor: nested braces have elements of shapes " + inner.to_string() + " and " +
                         other.to_string() + ", expected equal shapes");
      }
    }
    return inner.prepend(static_cast<Index>(children_.size()));
  }

  /// Writes the numbers in row-major order. Returns a pointer past the last one.
  Scalar* copy_to(Scalar* out) const {
    if (!is_list_) {
      *out = value_;
      return out + 1;
    }
    for (const NestedList& child : children_) out = child.copy_to(out);
    return out;
  }

 private:
  Scalar value_{};
  std::initializer_list<NestedList> children_;
  bool is_list_;
};

}  // namespace gradus
