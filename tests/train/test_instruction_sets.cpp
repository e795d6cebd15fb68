// SPDX-License-Identifier: MIT

#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/simd/instruction_set.hpp>

#include "../support/instruction_sets.hpp"
#include "../support/trained_weights.hpp"

using gradus::Index;
using gradus::InstructionSet;

TEST_CASE("Trainer: every instruction set with FMA gives the same weights, bit for bit") {
  for (const Index classes : {10, 40, 1100}) {
    std::vector<std::vector<float>> results;
    gradus::test::for_each_instruction_set([&] {
      const InstructionSet set = gradus::instruction_set();
      if (set == InstructionSet::avx2 || set == InstructionSet::avx512)
        results.push_back(gradus::test::trained_weights(classes));
    });
    for (const auto& weights : results) CHECK(weights == results.front());
    MESSAGE(results.size(), " instruction sets compared for ", classes, " classes");
  }
}
