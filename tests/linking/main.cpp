// SPDX-License-Identifier: MIT

#include <cstdio>

#include <gradus/core/simd/instruction_set.hpp>

#include "trained.hpp"

/// Checks that translation units compiled with different flags, linked into one program, train to the same
/// weights.
int main() {
  constexpr int skipped = 77;
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
    std::puts("skipped: this processor has no AVX2");
    return skipped;
  }
  const std::vector<float> expected = trained_without_flags();
  const bool equal =
      !expected.empty() && trained_for_haswell() == expected && trained_for_this_machine() == expected;
  std::puts(equal ? "the same weights" : "the weights differ");
  return equal ? 0 : 1;
}
