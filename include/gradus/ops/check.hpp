#pragma once

#include <string>

#include <gradus/core/error.hpp>
#include <gradus/core/shape.hpp>

namespace gradus::ops {

/// Throws ShapeError `operation: argument has shape [..], expected [..]` unless they are equal.
inline void check_shape(const char* operation, const char* argument, const Shape& got,
                        const Shape& expected) {
  if (got == expected) return;
  throw ShapeError(std::string(operation) + ": " + argument + " has shape " + got.to_string() +
                   ", expected " + expected.to_string());
}

}  // namespace gradus::ops
