// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/index.hpp>
#include <gradus/core/simd/instruction_set.hpp>

/// Runs a kernel with the instruction set selected for this processor.
///
/// A kernel is a struct with an always-inline static function template parameterised on the instruction set:
///
///     struct Negate {
///       template <class Isa, class S>
///       [[gnu::always_inline]] static void run(const S* x, S* y, Index size) {
///         constexpr int lanes = Isa::template lanes<S>;
///         ...
///       }
///     };
///     simd::dispatch<Negate>(x, y, size);
///
/// The kernel is instantiated inside one function per instruction set and compiled with that function's
/// instructions. Everything it calls must therefore be always-inline too, including lambdas. The arguments of
/// `run` must not be packs.
namespace gradus::simd {

/// The properties of the registers that a kernel is compiled for.
template <InstructionSet instructions, int bytes, int register_count, bool fused>
struct Registers {
  static constexpr InstructionSet set = instructions;    ///< instruction set that kernels are compiled for
  static constexpr int registers = register_count;       ///< number of vector registers
  static constexpr bool has_fused_multiply_add = fused;  ///< whether multiply_add rounds once
  /// The number of elements of type S per register.
  template <class S>
  static constexpr int lanes = bytes<static_cast<int>(sizeof(S)) || sizeof(S)> 8
                                   ? 1
                                   : bytes / static_cast<int>(sizeof(S));
};

/// The registers of each instruction set.
/// @{
using Portable = Registers<InstructionSet::scalar, 1, 16, false>;
using Sse2 = Registers<InstructionSet::sse2, 16, 16, false>;
using Neon = Registers<InstructionSet::neon, 16, 32, true>;
using Avx2 = Registers<InstructionSet::avx2, 32, 16, true>;
using Avx512 = Registers<InstructionSet::avx512, 64, 32, true>;
/// @}

namespace detail {

template <InstructionSet set>
struct BaselineOf {
  using type = Portable;
};
template <>
struct BaselineOf<InstructionSet::sse2> {
  using type = Sse2;
};
template <>
struct BaselineOf<InstructionSet::neon> {
  using type = Neon;
};
template <>
struct BaselineOf<InstructionSet::avx2> {
  using type = Avx2;
};
template <>
struct BaselineOf<InstructionSet::avx512> {
  using type = Avx512;
};

}  // namespace detail

/// The registers that the compiler's flags allow in every function.
using Baseline = detail::BaselineOf<gradus::detail::baseline_set>::type;

namespace detail {

/// Runs a kernel with the baseline instructions. Isa is the baseline; it is a parameter because the baseline
/// depends on the translation unit's flags.
template <class Isa, class Kernel, class... Arguments>
void run_baseline(Arguments... arguments) {
  Kernel::template run<Isa>(arguments...);
}

#if defined(__GNUC__) && defined(__x86_64__) && !defined(EIGEN_DONT_VECTORIZE)
template <class Kernel, class... Arguments>
__attribute__((target("avx2,fma"))) void run_avx2(Arguments... arguments) {
  Kernel::template run<Avx2>(arguments...);
}
template <class Kernel, class... Arguments>
__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))) void run_avx512(
    Arguments... arguments) {
  Kernel::template run<Avx512>(arguments...);
}
#endif

/// Returns the function that runs a kernel with the instructions of Isa.
template <class Isa, class Kernel, class... Arguments>
constexpr auto entry() -> void (*)(Arguments...) {
#if defined(__GNUC__) && defined(__x86_64__) && !defined(EIGEN_DONT_VECTORIZE)
  if constexpr (Isa::set != Baseline::set && Isa::set == InstructionSet::avx512)
    return &run_avx512<Kernel, Arguments...>;
  else if constexpr (Isa::set != Baseline::set && Isa::set == InstructionSet::avx2)
    return &run_avx2<Kernel, Arguments...>;
  else
#endif
    return &run_baseline<Isa, Kernel, Arguments...>;
}

}  // namespace detail

/// Calls `f` with a value of the type that describes the current instruction set: `f(Avx2{})`.
template <class F>
decltype(auto) with_instruction_set(F&& f) {
#if defined(__GNUC__) && defined(__x86_64__) && !defined(EIGEN_DONT_VECTORIZE)
  const InstructionSet set = instruction_set();
  if constexpr (gradus::detail::baseline_set < InstructionSet::avx512) {
    if (set == InstructionSet::avx512) return f(Avx512{});
  }
  if constexpr (gradus::detail::baseline_set < InstructionSet::avx2) {
    if (set == InstructionSet::avx2) return f(Avx2{});
  }
#endif
  return f(Baseline{});
}

/// Calls `Kernel::run<Isa>(arguments...)` for the current instruction set. Pass pointers and numbers, by
/// value.
template <class Kernel, class... Arguments>
void dispatch(Arguments... arguments) {
  with_instruction_set([&]<class Isa>(Isa) { detail::entry<Isa, Kernel, Arguments...>()(arguments...); });
}

}  // namespace gradus::simd
