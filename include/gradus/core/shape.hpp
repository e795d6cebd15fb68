// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>

#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>

namespace gradus {

/// The extents of a row-major tensor, outermost first: `[N, 784]`. Rank 0 is a scalar; extents may be 0.
///
/// Stores up to `max_rank` extents inline, without allocating. Every Shape is valid: no extent is negative
/// and the number of elements fits in an Index; constructing any other throws ShapeError.
class Shape {
 public:
  /// The largest rank of a tensor.
  static constexpr Index max_rank = 8;

  /// Creates the shape of a scalar, of rank 0.
  constexpr Shape() = default;
  /// Creates a shape with these extents. Throws ShapeError.
  constexpr Shape(std::initializer_list<Index> extents) : Shape(std::span(extents.begin(), extents.size())) {}

  /// Creates a shape with these extents. Throws ShapeError.
  constexpr explicit Shape(std::span<const Index> extents) {
    if (extents.size() > to_size(max_rank)) throw_rank(extents.size());
    for (const Index extent : extents) extents_[rank_++] = extent;
    size_ = checked_size();
  }

  /// Returns the number of axes.
  constexpr Index rank() const { return rank_; }
  /// Returns the number of elements: the product of all extents, 1 for a scalar.
  constexpr Index size() const { return size_; }
  /// Returns whether the number of elements is 0.
  constexpr bool empty() const { return size_ == 0; }

  /// Returns the extent of an axis. Negative axes count from the end, as in Python. Throws IndexError.
  constexpr Index operator[](Index axis) const { return extents_[normalize_axis(axis)]; }

  /// Returns the extents, outermost first. The pointers are valid as long as the shape.
  /// @{
  constexpr const Index* begin() const& { return extents_.data(); }
  constexpr const Index* end() const& { return extents_.data() + rank_; }
  constexpr std::span<const Index> extents() const& { return {begin(), end()}; }
  /// @}
  // Pointers into a temporary would dangle.
  constexpr const Index* begin() const&& = delete;
  constexpr const Index* end() const&& = delete;
  constexpr std::span<const Index> extents() const&& = delete;

  /// Maps an axis in `[-rank, rank)` to `[0, rank)`. Throws IndexError.
  constexpr Index normalize_axis(Index axis) const {
    if (axis < -rank_ || axis >= rank_) throw_axis(axis);
    return axis < 0 ? axis + rank_ : axis;
  }

  /// Returns this shape with one extent replaced: `with(0, 32)` is the shape for a batch of 32. Throws
  /// IndexError or ShapeError.
  constexpr Shape with(Index axis, Index extent) const {
    IndexedArray<Index, max_rank> extents = extents_;
    extents[normalize_axis(axis)] = extent;
    return Shape(std::span<const Index>(extents).first(to_size(rank_)));
  }

  /// Returns the shape without its first axis: `[N, 28, 28] -> [28, 28]`. Throws IndexError on rank 0.
  constexpr Shape without_first() const {
    if (rank_ == 0) throw_axis(0);
    return Shape(extents().subspan(1));
  }

  /// Returns the shape with a new first axis: `[28, 28] -> [N, 28, 28]`. Throws ShapeError above `max_rank`.
  constexpr Shape prepend(Index extent) const {
    if (rank_ == max_rank) throw_rank(max_rank + 1);
    IndexedArray<Index, max_rank> extents{{extent}};
    for (Index i = 0; i < rank_; ++i) extents[i + 1] = extents_[i];
    return Shape(std::span<const Index>(extents).first(to_size(rank_ + 1)));
  }

  /// Compares ranks and extents.
  friend constexpr bool operator==(const Shape& a, const Shape& b) {
    if (a.rank_ != b.rank_) return false;
    for (Index i = 0; i < a.rank_; ++i) {
      if (a.extents_[i] != b.extents_[i]) return false;
    }
    return true;
  }

  /// Returns `[32, 784]`, or `[]` for a scalar.
  std::string to_string() const {
    std::string text = "[";
    for (const Index extent : extents()) {
      if (text.size() > 1) text += ", ";
      text += std::to_string(extent);
    }
    return text + "]";
  }

 private:
  constexpr Index checked_size() const {
    Index size = 1;
    bool any_zero = false;
    for (const Index extent : extents()) {
      if (extent < 0) throw_extents("an extent is negative");
      any_zero = any_zero || extent == 0;
    }
    if (any_zero) return 0;
    constexpr Index half = Index{1} << (std::numeric_limits<Index>::digits / 2);
    for (const Index extent : extents()) {
      // Two factors below `half` cannot overflow, and a division would cost more than everything else here.
      if ((size >= half || extent >= half) && size > std::numeric_limits<Index>::max() / extent)
        throw_extents("the number of elements overflows");
      size *= extent;
    }
    return size;
  }

  [[noreturn]] void throw_extents(const char* why) const {
    throw ShapeError("Shape: " + to_string() + ": " + why);
  }
  [[noreturn]] static void throw_rank(std::size_t rank) {
    throw ShapeError("Shape: rank " + std::to_string(rank) + ", expected at most " +
                     std::to_string(max_rank));
  }
  [[noreturn]] void throw_axis(Index axis) const {
    throw IndexError("Shape: axis is " + std::to_string(axis) + ", expected one in [" +
                     std::to_string(-rank_) + ", " + std::to_string(rank_) + ") for shape " + to_string());
  }

  IndexedArray<Index, max_rank> extents_{};
  Index rank_ = 0;
  Index size_ = 1;
};

}  // namespace gradus
