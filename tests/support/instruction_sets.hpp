// SPDX-License-Identifier: MIT

#pragma once

#include <doctest/doctest.h>

#include <gradus/core/eigen.hpp>
#include <gradus/core/simd/dispatch.hpp>
#include <gradus/core/simd/instruction_set.hpp>

namespace gradus::test {

/// Calls f once for each instruction set that kernels can run with here, then restores the best one.
template <class F>
void for_each_instruction_set(F&& f) {
  const InstructionSet best = instruction_set();
  for (const InstructionSet set : {InstructionSet::scalar, InstructionSet::sse2, InstructionSet::neon,
                                   InstructionSet::avx2, InstructionSet::avx512}) {
    if (limit_instruction_set(set) != set) continue;
    CAPTURE(to_string(set));
    f();
  }
  limit_instruction_set(best);
}

namespace detail {

struct Lanes {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(S*, Index* lanes) {
    *lanes = Isa::template lanes<S>;
  }
};

}  // namespace detail

/// Returns the number of elements in a pack of the instruction set in use.
template <class S>
Index lanes() {
  Index result = 0;
  simd::dispatch<detail::Lanes>(static_cast<S*>(nullptr), &result);
  return result;
}

}  // namespace gradus::test
