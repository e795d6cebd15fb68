// SPDX-License-Identifier: MIT

// A program of one translation unit that uses the library of gradus::compiled and one that does not.

#include <cstdlib>

#include "training.hpp"

#if !defined(GRADUS_COMPILED)
#error "gradus::compiled does not define GRADUS_COMPILED"
#endif

std::vector<float> weights_by_headers();

int main() {
  const std::vector<float> weights = trained_weights();
  return !weights.empty() && weights == weights_by_headers() ? EXIT_SUCCESS : EXIT_FAILURE;
}
