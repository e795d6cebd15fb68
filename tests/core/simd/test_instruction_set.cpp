// SPDX-License-Identifier: MIT

#include <string>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/core/simd/instruction_set.hpp>

#include "../../support/environment.hpp"

using gradus::InstructionSet;
namespace detail = gradus::detail;

namespace {

constexpr InstructionSet all_sets[] = {InstructionSet::scalar, InstructionSet::sse2, InstructionSet::neon,
                                       InstructionSet::avx2, InstructionSet::avx512};

}  // namespace

TEST_CASE("InstructionSet: names are those of the environment variable") {
  CHECK(gradus::to_string(InstructionSet::scalar) == "scalar");
  CHECK(gradus::to_string(InstructionSet::sse2) == "sse2");
  CHECK(gradus::to_string(InstructionSet::neon) == "neon");
  CHECK(gradus::to_string(InstructionSet::avx2) == "avx2");
  CHECK(gradus::to_string(InstructionSet::avx512) == "avx512");
}

TEST_CASE("limit_instruction_set: is capped by the processor and cannot go below the compiler flags") {
  const InstructionSet before = gradus::instruction_set(), best = detail::best_instruction_set();
  CHECK(best >= detail::baseline_set);
  for (const InstructionSet set : all_sets) {
    CAPTURE(gradus::to_string(set));
    const InstructionSet used = gradus::limit_instruction_set(set);
    CHECK(gradus::instruction_set() == used);
    CHECK(used <= best);
    CHECK(used >= detail::baseline_set);
    const bool is_usable = set >= detail::baseline_set && set <= best && set != InstructionSet::neon;
    CHECK(used == (is_usable ? set : set > best ? best : detail::baseline_set));
  }
  gradus::limit_instruction_set(before);
}

#if defined(__unix__)

TEST_CASE("GRADUS_INSTRUCTION_SET: limits the set; other values are an error that lists all names") {
  using gradus::test::EnvironmentVariable;
  constexpr const char* name = "GRADUS_INSTRUCTION_SET";
  for (const char* const nothing : {static_cast<const char*>(nullptr), ""}) {
    const EnvironmentVariable variable(name, nothing);
    CHECK(detail::instruction_set_from_environment() == detail::best_instruction_set());
  }
  for (const InstructionSet set : all_sets) {
    const EnvironmentVariable variable(name, std::string(gradus::to_string(set)).c_str());
    CHECK(detail::instruction_set_from_environment() == detail::supported(set));
  }
  const EnvironmentVariable variable(name, "AVX2");
  CHECK_THROWS_WITH_AS(detail::instruction_set_from_environment(),
                       "GRADUS_INSTRUCTION_SET is 'AVX2', expected scalar, sse2, neon, avx2 or avx512",
                       gradus::ArgumentError);
}

#endif
