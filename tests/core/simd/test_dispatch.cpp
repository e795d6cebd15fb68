// SPDX-License-Identifier: MIT

#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/simd/dispatch.hpp>

#include "../../support/instruction_sets.hpp"

namespace simd = gradus::simd;
using gradus::Index;
using gradus::InstructionSet;

namespace {

/// Records the instruction set for which it was compiled.
struct Report {
  template <class Isa>
  [[gnu::always_inline]] static void run(InstructionSet* set, int* lanes) {
    *set = Isa::set;
    *lanes = Isa::template lanes<float>;
  }
};

}  // namespace

static_assert(simd::Portable::lanes<float> == 1 && simd::Portable::lanes<double> == 1);
static_assert(simd::Sse2::lanes<float> == 4 && simd::Sse2::lanes<double> == 2);
static_assert(simd::Avx2::lanes<float> == 8 && simd::Avx2::lanes<double> == 4);
static_assert(simd::Avx512::lanes<float> == 16 && simd::Avx512::lanes<double> == 8);
static_assert(simd::Avx512::lanes<long double> == 1);

TEST_CASE("dispatch: runs the kernel compiled for the instruction set in use") {
  gradus::test::for_each_instruction_set([] {
    const InstructionSet expected = gradus::instruction_set();
    InstructionSet set{};
    int lanes = 0;
    simd::dispatch<Report>(&set, &lanes);
    CHECK(set == expected);
    const auto same = simd::with_instruction_set([]<class Isa>(Isa) { return Isa::template lanes<float>; });
    CHECK(lanes == same);
    CHECK(simd::with_instruction_set([]<class Isa>(Isa) { return Isa::set; }) == expected);
  });
}

TEST_CASE("dispatch: instruction sets below the baseline are not compiled") {
  constexpr auto baseline = simd::Baseline::set;
  CHECK(baseline == gradus::detail::baseline_set);
  const InstructionSet before = gradus::instruction_set();
  CHECK(gradus::limit_instruction_set(InstructionSet::scalar) == baseline);
  InstructionSet set{};
  int lanes = 0;
  simd::dispatch<Report>(&set, &lanes);
  CHECK(set == baseline);
  CHECK(lanes == simd::Baseline::lanes<float>);
  gradus::limit_instruction_set(before);
}
