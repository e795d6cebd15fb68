// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

#include <gradus/core/error.hpp>

/// Selects the SIMD instructions of the library's kernels. They are compiled for several instruction sets,
/// and one is selected per process, so programs built without special flags run at full speed.
namespace gradus {

/// Instruction sets, in order: each x86-64 set includes those before it.
enum class InstructionSet {
  scalar,  ///< plain C++, one element at a time
  sse2,    ///< 128-bit registers, every x86-64 processor
  neon,    ///< 128-bit registers, ARM64
  avx2,    ///< 256-bit registers with fused multiply-add
  avx512   ///< 512-bit registers (F, VL, DQ and BW) with fused multiply-add
};

namespace detail {

inline constexpr std::array<std::string_view, 5> instruction_set_names{"scalar", "sse2", "neon", "avx2",
                                                                       "avx512"};

/// The set that the compiler's flags allow in every function. Kernels for smaller sets are not compiled.
///
/// Defining EIGEN_DONT_VECTORIZE disables SIMD here, as it does in Eigen.
#if !defined(__GNUC__) || defined(EIGEN_DONT_VECTORIZE)
inline constexpr InstructionSet baseline_set = InstructionSet::scalar;
#elif defined(__AVX512F__) && defined(__AVX512VL__) && defined(__AVX512DQ__) && defined(__AVX512BW__) && \
    defined(__FMA__)
inline constexpr InstructionSet baseline_set = InstructionSet::avx512;
#elif defined(__AVX2__) && defined(__FMA__)
inline constexpr InstructionSet baseline_set = InstructionSet::avx2;
#elif defined(__x86_64__) || defined(__SSE2__)
inline constexpr InstructionSet baseline_set = InstructionSet::sse2;
#elif defined(__aarch64__) && defined(__ARM_NEON)
inline constexpr InstructionSet baseline_set = InstructionSet::neon;
#else
inline constexpr InstructionSet baseline_set = InstructionSet::scalar;
#endif

/// Whether kernels for AVX2 and AVX-512 are compiled with function attributes and selected at run time.
#if defined(__GNUC__) && defined(__x86_64__) && !defined(EIGEN_DONT_VECTORIZE)
inline constexpr bool chooses_at_run_time = true;
#else
inline constexpr bool chooses_at_run_time = false;
#endif

/// Returns the best set that the processor and operating system support and that kernels are compiled for.
inline InstructionSet best_instruction_set() {
#if defined(__GNUC__) && defined(__x86_64__) && !defined(EIGEN_DONT_VECTORIZE)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("fma"))
    return InstructionSet::avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return InstructionSet::avx2;
#endif
  return baseline_set;
}

/// Returns `set`, lowered to what the processor supports and raised to what the compiler's flags require.
inline InstructionSet supported(InstructionSet set) {
  if (set == InstructionSet::neon) return baseline_set;  // no processor has a choice between NEON and another
  const InstructionSet best = best_instruction_set();
  if (set > best) return best;
  return set < baseline_set ? baseline_set : set;
}

/// Returns the supported instruction set closest to the one that GRADUS_INSTRUCTION_SET names, or the best
/// one if the variable is unset. Throws ArgumentError for an unknown name.
inline InstructionSet instruction_set_from_environment() {
  const char* const wanted = std::getenv("GRADUS_INSTRUCTION_SET");
  if (wanted == nullptr || *wanted == '\0') return best_instruction_set();
  for (std::size_t i = 0; i < instruction_set_names.size(); ++i) {
    if (instruction_set_names[i] == wanted) return supported(static_cast<InstructionSet>(i));
  }
  throw ArgumentError("GRADUS_INSTRUCTION_SET is '" + std::string(wanted) +
                      "', expected scalar, sse2, neon, avx2 or avx512");
}

inline constexpr int not_chosen = -1;
inline constinit std::atomic<int> chosen_set{not_chosen};

}  // namespace detail

/// Returns the instruction set of the kernels: the best one that the processor supports, unless the
/// environment variable `GRADUS_INSTRUCTION_SET` (scalar, sse2, neon, avx2, avx512) or limit_instruction_set
/// requests a smaller one. Compiler flags such as `-march=haswell` set a lower bound. Throws ArgumentError if
/// the variable has another value.
inline InstructionSet instruction_set() {
  const int chosen = detail::chosen_set.load(std::memory_order_relaxed);
  if (chosen != detail::not_chosen) return static_cast<InstructionSet>(chosen);
  const InstructionSet set = detail::instruction_set_from_environment();
  detail::chosen_set.store(static_cast<int>(set), std::memory_order_relaxed);
  return set;
}

/// Limits kernels to `set` and returns the set that they use from now on. A set that the processor lacks is
/// lowered to the best that it has. Meant for tests and for reproducing results; call it only while no other
/// thread computes.
inline InstructionSet limit_instruction_set(InstructionSet set) {
  const InstructionSet usable = detail::supported(set);
  detail::chosen_set.store(static_cast<int>(usable), std::memory_order_relaxed);
  return usable;
}

/// Returns the lower-case name of an instruction set, as in `GRADUS_INSTRUCTION_SET`.
constexpr std::string_view to_string(InstructionSet set) {
  return detail::instruction_set_names[static_cast<std::size_t>(set)];
}

}  // namespace gradus
