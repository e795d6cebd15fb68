// SPDX-License-Identifier: MIT

#pragma once

#include <string>

#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>

namespace gradus::nn {

/// The maximum nesting depth of sequences. Functions that visit a network recurse once per level; at this
/// depth they use at most 64 KB of stack.
inline constexpr Index max_nesting = 24;

namespace detail {

[[noreturn]] inline void throw_nesting() {
  throw ArgumentError("Sequential: modules are nested more than " + std::to_string(max_nesting) +
                      " deep, expected at most " + std::to_string(max_nesting));
}

/// A guard that counts nested module calls in this thread. It also catches nesting that no constructor
/// checks: a child that is replaced by a deeper one, or user-defined modules that contain modules. Throws
/// ArgumentError.
class NestedCall {
 public:
  NestedCall() {
    if (depth_ == max_nesting) throw_nesting();
    ++depth_;
  }
  ~NestedCall() { --depth_; }
  NestedCall(const NestedCall&) = delete;
  NestedCall& operator=(const NestedCall&) = delete;

 private:
  static inline thread_local constinit Index depth_ = 0;
};

}  // namespace detail
}  // namespace gradus::nn
