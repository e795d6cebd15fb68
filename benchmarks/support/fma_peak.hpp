// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <latch>
#include <map>
#include <thread>
#include <vector>

#include <gradus/core/eigen.hpp>
#include <gradus/core/simd/dispatch.hpp>
#include <gradus/core/simd/pack.hpp>

#include "json_line.hpp"
#include "timing.hpp"

/// Measures the processor's limit that results are compared with: independent single-precision multiply-adds
/// in the widest registers that the library's kernels use.
namespace bench {

namespace detail {

// A multiply-add takes four cycles and two start per cycle, so eight chains keep a core busy; 16 registers
// hold 12 chains and the two constants.
inline constexpr gradus::Index chains = 12;
inline constexpr gradus::Index rounds = 1'000'000;

/// The widest registers, or registers of half that width.
enum class Width { widest, half };

template <Width width>
struct MultiplyAndAdd {
  template <class Isa>
  [[gnu::always_inline]] static void run(float scale, float shift, float* total) {
    constexpr int widest = Isa::template lanes<float>;
    constexpr int n = width == Width::widest || widest == 1 ? widest : widest / 2;
    using Pack = gradus::simd::Pack<float, n>;
    const Pack factor = gradus::simd::broadcast<float, n>(scale),
               step = gradus::simd::broadcast<float, n>(shift);
    Pack x[chains];
    for (Pack& chain : x) chain = factor;
    for (gradus::Index round = 0; round < rounds; ++round) {
#if defined(__GNUC__)
#pragma GCC unroll 12
#endif
      for (gradus::Index i = 0; i < chains; ++i) x[i] = multiply_add(x[i], factor, step);
    }
    *total = 0;
    for (const Pack& chain : x) *total += sum(chain);
  }
};

/// Returns the elements per register.
inline gradus::Index lanes(Width width) {
  const gradus::Index widest = gradus::simd::with_instruction_set(
      []<class Isa>(Isa) -> gradus::Index { return Isa::template lanes<float>; });
  return width == Width::widest ? widest : std::max(widest / 2, gradus::Index{1});
}

template <Width width>
void multiply_and_add() {
  volatile float scale = 0.999999f, shift = 1e-7f;  // volatile hides the values from the compiler
  float total = 0;
  gradus::simd::dispatch<MultiplyAndAdd<width>>(+scale, +shift, &total);
  scale = total;
}

/// Returns the GFLOP/s of `threads` threads together.
template <Width width>
double gflops(int threads) {
  std::latch ready(threads), go(1);
  std::vector<Clock::time_point> ends(static_cast<std::size_t>(threads));
  const auto work = [&](std::size_t thread) {
    ready.count_down();
    go.wait();
    multiply_and_add<width>();
    ends[thread] = Clock::now();
  };
  std::vector<std::thread> team;
  for (std::size_t i = 1; i < ends.size(); ++i) team.emplace_back(work, i);
  ready.count_down();
  ready.wait();
  const Clock::time_point start = Clock::now();
  go.count_down();
  multiply_and_add<width>();
  ends[0] = Clock::now();
  for (std::thread& thread : team) thread.join();
  const std::chrono::duration<double> time = *std::ranges::max_element(ends) - start;
  const gradus::Index flops = 2 * lanes(width) * chains * rounds;  // two operations per lane
  return static_cast<double>(flops) * threads / time.count() / 1e9;
}

}  // namespace detail

/// The highest peak of several measurements. Measure it next to each result that is compared with it, so that
/// both see the same clock rate.
class FmaPeak {
 public:
  /// Takes about 15 ms.
  void measure() {
    raise<detail::Width::widest>();
    if (detail::lanes(detail::Width::widest) > 1) raise<detail::Width::half>();
  }
  /// Returns the GFLOP/s of one or two threads in the widest registers.
  double gflops(int threads = 1) const { return best_.rbegin()->second.at(threads); }
  /// Returns the GFLOP/s in `bits`-bit registers; 0 unless they are the widest or half as wide.
  double gflops(int threads, gradus::Index bits) const {
    const auto found = best_.find(bits);
    return found == best_.end() ? 0 : found->second.at(threads);
  }

  void print() const {
    for (const auto& [bits, best] : best_) {
      JsonLine("fma_peak")
          .field("bits", static_cast<double>(bits))
          .field("one_thread", best.at(1))
          .field("two_threads", best.at(2));
    }
  }

 private:
  using BestByThreads = std::map<int, double>;

  template <detail::Width width>
  void raise() {
    for (const int threads : {1, 2}) {
      double& best = best_[32 * detail::lanes(width)][threads];
      best = std::max(best, detail::gflops<width>(threads));
    }
  }

  std::map<gradus::Index, BestByThreads> best_;  // keyed by register width in bits
};

}  // namespace bench
