// SPDX-License-Identifier: MIT

#pragma once

#include <stdexcept>

#include <gradus/core/fast_math.hpp>

namespace gradus {

/// Base class of the exceptions that gradus throws. The message names the operation, what it found and what
/// it expected: `Linear: input has shape [32, 100], expected [N, 784]`.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Shapes that do not match each other or the operation.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// An argument outside its domain: a dropout probability of 2, a negative learning rate.
class ArgumentError : public Error {
 public:
  using Error::Error;
};

/// An index, axis or label outside its range.
class IndexError : public Error {
 public:
  using Error::Error;
};

/// A call out of order: backward before forward, or on a graph that has been freed.
class StateError : public Error {
 public:
  using Error::Error;
};

/// A non-finite number where only finite ones make sense: a loss that became NaN.
class NumericError : public Error {
 public:
  using Error::Error;
};

/// A file that is missing, truncated, corrupt or in another format than expected.
class FileError : public Error {
 public:
  using Error::Error;
};

}  // namespace gradus
