// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <cstddef>
#include <mpi.h>
#include <string>

#include <gradus/core/error.hpp>

namespace gradus::mpi {

/// A failure that the MPI library reports, or a launch that it does not understand.
class Error : public gradus::Error {
 public:
  using gradus::Error::Error;
};

namespace detail {

[[noreturn]] inline void throw_error(const char* function, int code) {
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(code, text.data(), &length);
  throw Error(std::string(function) + ": " + std::string(text.data(), static_cast<std::size_t>(length)));
}

/// Throws Error unless a function of MPI succeeded.
inline void check(const char* function, int code) {
  if (code != MPI_SUCCESS) throw_error(function, code);
}

}  // namespace detail
}  // namespace gradus::mpi
