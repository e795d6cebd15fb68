#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <latch>
#include <map>
#include <thread>
#include <vector>

#include <gradus/core/eigen.hpp>
#include <gradus/ops/detail/packet.hpp>

#include "json_line.hpp"
#include "timing.hpp"

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"  // a packet as a template argument loses its alignment
#endif

/// The processor's limit that everything is measured against: multiply-adds of single precision that wait for
/// nothing, in the widest registers that the compiler was told of.
namespace bench {

namespace detail {

using Widest = gradus::ops::detail::Packet<float>;
using Half = Eigen::internal::unpacket_traits<Widest>::half;

// A multiply-add takes four cycles and two start in each: eight chains keep a core busy, sixteen registers
// hold twelve and the two constants.
inline constexpr gradus::Index chains = 12;
inline constexpr gradus::Index rounds = 1'000'000;

template <class Packet>
constexpr gradus::Index lanes() {
  return Eigen::internal::unpacket_traits<Packet>::size;
}

/// Two operations a lane.
template <class Packet>
constexpr double flops() {
  return static_cast<double>(2 * lanes<Packet>() * chains * rounds);
}

template <class Packet>
void multiply_and_add() {
  volatile float scale_source = 0.999999f, shift_source = 1e-7f;  // unknown to the compiler
  const Packet scale = Eigen::internal::pset1<Packet>(+scale_source);
  const Packet shift = Eigen::internal::pset1<Packet>(+shift_source);
  std::array<Packet, chains> x;
  x.fill(scale);
  for (gradus::Index round = 0; round < rounds; ++round) {
    for (Packet& chain : x) chain = gradus::ops::detail::multiply_add(chain, scale, shift);
  }
  float total = 0;
  for (const Packet& chain : x) total += gradus::ops::detail::sum(chain);
  scale_source = total;
}

/// Operations a second, in units of 10^9, of so many threads together.
template <class Packet>
double gflops(int threads) {
  std::latch ready(threads), go(1);
  std::vector<Clock::time_point> ends(static_cast<std::size_t>(threads));
  const auto work = [&](std::size_t thread) {
    ready.count_down();
    go.wait();
    multiply_and_add<Packet>();
    ends[thread] = Clock::now();
  };
  std::vector<std::thread> team;
  for (std::size_t i = 1; i < ends.size(); ++i) team.emplace_back(work, i);
  ready.count_down();
  ready.wait();
  const Clock::time_point start = Clock::now();
  go.count_down();
  multiply_and_add<Packet>();
  ends[0] = Clock::now();
  for (std::thread& thread : team) thread.join();
  const std::chrono::duration<double> time = *std::ranges::max_element(ends) - start;
  return flops<Packet>() * threads / time.count() / 1e9;
}

}  // namespace detail

/// The best peak of several measurements: take one beside each measurement that is compared with it, so that
/// both see the same clock rate.
class FmaPeak {
 public:
  /// Takes 15 ms or so.
  void measure() {
    raise<detail::Widest>();
    if constexpr (detail::lanes<detail::Half>() < detail::lanes<detail::Widest>()) raise<detail::Half>();
  }
  /// GFLOP/s of one or two threads in the widest registers.
  double gflops(int threads = 1) const { return best_.rbegin()->second.at(threads); }
  /// The same in registers of so many bits; 0 where they are neither the widest nor half as wide.
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

  template <class Packet>
  void raise() {
    for (const int threads : {1, 2}) {
      double& best = best_[32 * detail::lanes<Packet>()][threads];
      best = std::max(best, detail::gflops<Packet>(threads));
    }
  }

  std::map<gradus::Index, BestByThreads> best_;  // by the registers' bits
};

}  // namespace bench

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
