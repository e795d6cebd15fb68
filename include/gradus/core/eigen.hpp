// SPDX-License-Identifier: MIT

#pragma once

/// Includes Eigen with its warnings suppressed, whatever flags the user compiles with. Other headers include
/// this one instead of <Eigen/Core>.

#include <gradus/core/fast_math.hpp>

// clang-format off
#include <gradus/core/detail/ignore_eigen_warnings.inc>
#include <Eigen/Core>  // IWYU pragma: export
#include <gradus/core/detail/restore_warnings.inc>
// clang-format on

namespace gradus {

/// The integer type of all sizes, indices and labels: signed and as wide as a pointer.
using Index = Eigen::Index;

}  // namespace gradus
