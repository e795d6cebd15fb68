// SPDX-License-Identifier: MIT

#pragma once

/// Includes Eigen with its warnings suppressed, whatever flags the user compiles with. Other headers include
/// this one instead of <Eigen/Core>.

#include <type_traits>

#include <gradus/core/index.hpp>

// clang-format off
#include <gradus/core/detail/ignore_eigen_warnings.inc>
#include <Eigen/Core>  // IWYU pragma: export
#include <gradus/core/detail/restore_warnings.inc>
// clang-format on

namespace gradus {

static_assert(std::is_same_v<Index, Eigen::Index>,
              "gradus needs Eigen's own index type: do not define EIGEN_DEFAULT_DENSE_INDEX_TYPE");

}  // namespace gradus
