// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

#include <gradus/core/error.hpp>

/// Which SIMD instructions the library's kernels use. Kernels are compiled for several instruction sets, and
/// the one to run is chosen once per process, so that a program built without any flag runs at full speed.
namespace gradus {

/// Ordered: each x86-64 set includes those before it.
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

/// The set that the compiler's flags allow everywhere; kernels for smaller ones are not compiled.
///
/// Defining EIGEN_DONT_VECTORIZE turns SIMD off here as it does in Eigen.
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

/// Whether kernels for AVX2 and AVX-512 are compiled by function attributes and chosen at run time.
#if defined(__GNUC__) && defined(__x86_64__) && !defined(EIGEN_DONT_VECTORIZE)
inline constexpr bool chooses_at_run_time = true;
#else
inline constexpr bool chooses_at_run_time = false;
#endif

/// The best set that the processor and the operating system support and that kernels are compiled for.
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

/// `set`, lowered to what the processor supports and raised to what the compiler's flags already require.
inline InstructionSet supported(InstructionSet set) {
  if (set == InstructionSet::neon) return baseline_set;  // no processor chooses between it and another
  const InstructionSet best = best_instruction_set();
  if (set > best) return best;
  return set < baseline_set ? baseline_set : set;
}

/// Reads GRADUS_INSTRUCTION_SET.
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

/// Returns the instruction set that kernels run with: the best one that the processor supports, unless the
/// environment variable `GRADUS_INSTRUCTION_SET` (scalar, sse2, neon, avx2, avx512) or limit_instruction_set
/// asks for less. Compiler flags such as `-march=haswell` set a lower bound. Throws ArgumentError if the
/// variable has another value.
inline InstructionSet instruction_set() {
  const int chosen = detail::chosen_set.load(std::memory_order_relaxed);
  if (chosen != detail::not_chosen) return static_cast<InstructionSet>(chosen);
  const InstructionSet set = detail::instruction_set_from_environment();
  detail::chosen_set.store(static_cast<int>(set), std::memory_order_relaxed);
  return set;
}

/// Lets kernels use at most `set`, and returns the set that they use from now on. Sets that the processor
/// lacks are lowered to the best one that it has. Meant for tests and for reproducing results: call it while
/// no other thread computes.
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
