#pragma once

#include <algorithm>
#include <array>
#include <latch>
#include <string>
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
    for (const int threads : {1, 2}) {
      raise(widest_, threads, detail::gflops<detail::Widest>(threads));
      raise(half_, threads, detail::gflops<detail::Half>(threads));
    }
  }
  /// GFLOP/s of one or two threads.
  double gflops(int threads = 1) const { return widest_[static_cast<std::size_t>(threads - 1)]; }

  void print() const {
    print(detail::lanes<detail::Widest>(), widest_);
    if (detail::lanes<detail::Half>() < detail::lanes<detail::Widest>())
      print(detail::lanes<detail::Half>(), half_);
  }

 private:
  using Best = std::array<double, 2>;

  static void raise(Best& best, int threads, double gflops) {
    double& kept = best[static_cast<std::size_t>(threads - 1)];
    kept = std::max(kept, gflops);
  }
  static void print(gradus::Index lanes, const Best& best) {
    JsonLine("fma_peak")
        .field("bits", static_cast<double>(32 * lanes))
        .field("one_thread", best[0])
        .field("two_threads", best[1]);
  }

  Best widest_{}, half_{};
};

}  // namespace bench

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
