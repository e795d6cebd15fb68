// SPDX-License-Identifier: MIT

#include <cstdlib>

#include <gradus/core/simd/instruction_set.hpp>

/// Checks that, compiled for this processor, there is no instruction set left to choose at run time.
int main() {
  return gradus::detail::baseline_set == gradus::detail::best_instruction_set() ? EXIT_SUCCESS : EXIT_FAILURE;
}
