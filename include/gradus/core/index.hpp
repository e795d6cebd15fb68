// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <cstddef>

#include <gradus/core/fast_math.hpp>

/// The type of indices and sizes, and helpers for using it with the standard library, whose sizes are
/// unsigned.
namespace gradus {

/// The integer type of all sizes, indices and labels: signed and as wide as a pointer, as in Eigen.
using Index = std::ptrdiff_t;

/// Converts a non-negative index or size to the type that the standard library's containers take.
constexpr std::size_t to_size(Index i) { return static_cast<std::size_t>(i); }

/// A `std::array` of `n` elements that is indexed by Index, unchecked.
template <class T, Index n>
struct IndexedArray : std::array<T, to_size(n)> {
  /// Returns element i.
  constexpr T& operator[](Index i) { return this->data()[i]; }
  /// Returns element i.
  constexpr const T& operator[](Index i) const { return this->data()[i]; }
};

}  // namespace gradus
