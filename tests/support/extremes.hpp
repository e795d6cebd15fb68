// SPDX-License-Identifier: MIT

#pragma once

#include <limits>
#include <vector>

#include <gradus/core/shape.hpp>

namespace gradus::test {

template <class Scalar>
inline constexpr Scalar infinity = std::numeric_limits<Scalar>::infinity();
template <class Scalar>
inline constexpr Scalar largest = std::numeric_limits<Scalar>::max();
template <class Scalar>
inline constexpr Scalar not_a_number = std::numeric_limits<Scalar>::quiet_NaN();
template <class Scalar>
inline constexpr Scalar epsilon = std::numeric_limits<Scalar>::epsilon();

/// Shapes that often break element-wise code: a scalar, empty ones, single elements, one row or column,
/// primes, and more than one SIMD register with a remainder.
inline const std::vector<Shape> element_wise_shapes = {Shape{},     Shape{0},    Shape{0, 5},
                                                       Shape{1},    Shape{1, 7}, Shape{7, 1},
                                                       Shape{5, 3}, Shape{37},   Shape{2, 3, 5}};

}  // namespace gradus::test
