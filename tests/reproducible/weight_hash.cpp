// SPDX-License-Identifier: MIT

#include <bit>
#include <cinttypes>
#include <cstdint>
#include <cstdio>

#include "../support/trained_weights.hpp"

/// Prints one hash of the weights of three trained networks, which tests/check_same_weights.sh compares.
int main() {
  std::uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (const gradus::Index classes : {10, 40, 1100}) {
    for (const float weight : gradus::test::trained_weights(classes)) {
      hash = (hash ^ std::bit_cast<std::uint32_t>(weight)) * 1099511628211u;
    }
  }
  std::printf("%016" PRIx64 "\n", hash);
}
