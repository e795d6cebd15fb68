// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/index.hpp>

namespace gradus {

/// One of several nearly equal, consecutive parts of a sequence. Their sizes differ by at most one, and a
/// part of a short sequence may be empty.
struct Part {
  Index index = 0;  ///< from 0 to count - 1
  Index count = 1;  ///< number of parts

  /// Returns the first position of this part of a sequence of length n.
  Index begin(Index n) const { return n / count * index + n % count * index / count; }
  /// Returns the position after the last one.
  Index end(Index n) const { return Part{index + 1, count}.begin(n); }

  /// Returns whether both are the same part.
  friend bool operator==(const Part&, const Part&) = default;
};

}  // namespace gradus
