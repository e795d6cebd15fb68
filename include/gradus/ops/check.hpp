// SPDX-License-Identifier: MIT

#pragma once

#include <string>

#include <gradus/core/error.hpp>
#include <gradus/core/shape.hpp>

namespace gradus::ops {

namespace detail {

[[noreturn]] inline void throw_shape(const char* operation, const char* argument, const Shape& got,
                                     const std::string& expected) {
  throw ShapeError(std::string(operation) + ": " + argument + " has shape " + got.to_string() +
                   ", expected " + expected);
}

}  // namespace detail

/// Throws ShapeError `operation: argument has shape [..], expected [..]` unless the shapes are equal.
inline void check_shape(const char* operation, const char* argument, const Shape& got,
                        const Shape& expected) {
  if (got == expected) return;
  detail::throw_shape(operation, argument, got, expected.to_string());
}

namespace detail {

/// Throws ShapeError unless both gradients of an element-wise function have the shape of its saved tensor.
inline void check_gradients(const char* operation, const Shape& saved, const Shape& dy, const Shape& dx) {
  check_shape(operation, "output gradient", dy, saved);
  check_shape(operation, "input gradient", dx, saved);
}

/// Throws ShapeError unless an argument has the expected rank.
inline void check_rank(const char* operation, const char* argument, const Shape& got, Index expected) {
  if (got.rank() == expected) return;
  throw_shape(operation, argument, got, "rank " + std::to_string(expected));
}

/// Throws IndexError unless the axis is in [0, rank).
inline void check_axis(const char* operation, Index axis, const Shape& shape) {
  if (axis >= 0 && axis < shape.rank()) return;
  throw IndexError(std::string(operation) + ": axis is " + std::to_string(axis) + " of " + shape.to_string() +
                   ", expected one in [0, " + std::to_string(shape.rank()) + ")");
}

}  // namespace detail
}  // namespace gradus::ops
