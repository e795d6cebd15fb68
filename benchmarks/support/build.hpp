// SPDX-License-Identifier: MIT

#pragma once

#include <string>

#include <gradus/core/eigen.hpp>
#include <gradus/version.hpp>

#include "json_line.hpp"

namespace bench {

/// Prints how this program was compiled. CMake defines what the language does not expose.
inline void print_build() {
  const std::string eigen = std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) +
                            "." + std::to_string(EIGEN_MINOR_VERSION);
#if defined(EIGEN_USE_BLAS)
  const char* const products = "BLAS";
#else
  const char* const products = "its own";
#endif
  JsonLine("build")
      .field("gradus", GRADUS_VERSION_STRING)
      .field("compiler", GRADUS_BENCHMARK_COMPILER)
      .field("flags", GRADUS_BENCHMARK_FLAGS)
      .field("native", GRADUS_BENCHMARK_NATIVE)
      .field("eigen", eigen)
      .field("instruction_sets", Eigen::SimdInstructionSetsInUse())
      .field("eigen_products", products);
}

}  // namespace bench
