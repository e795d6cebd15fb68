// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;

/// Returns the wall-clock time of a call in seconds.
template <class F>
double seconds(F&& f) {
  const Clock::time_point start = Clock::now();
  f();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The wall-clock time of a call and the processor time of all threads. If a single-threaded call has more
/// wall-clock than processor time, the machine was busy.
struct Time {
  double wall;
  double processor;
};
template <class F>
Time time(F&& f) {
  const std::clock_t start = std::clock();
  const double wall = seconds(f);
  return {wall, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC};
}

/// Repeated measurements of one quantity.
class Samples {
 public:
  void add(double value) { values_.push_back(value); }
  const std::vector<double>& values() const { return values_; }

  double median() const { return quantile(0.5); }
  double best() const { return *std::ranges::min_element(values_); }
  /// Returns the q-quantile: the value whose rank is nearest to q (n - 1).
  double quantile(double q) const {
    std::vector<double> sorted = values_;
    const auto rank = static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1) + 0.5);
    const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(rank);
    std::ranges::nth_element(sorted, at);
    return *at;
  }

 private:
  std::vector<double> values_;
};

}  // namespace bench
