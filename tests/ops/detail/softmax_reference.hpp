// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace gradus::test {

/// exp(x - max(x)) of a row in long double, and its sum.
struct ExactSoftmaxRow {
  template <class S>
  explicit ExactSoftmaxRow(const std::vector<S>& x) : highest(*std::max_element(x.begin(), x.end())) {
    for (const S element : x) {
      exp.push_back(element == highest ? 1 : std::exp(static_cast<long double>(element) - highest));
      sum += exp.back();
    }
  }
  long double highest;
  std::vector<long double> exp;
  long double sum = 0;
};

/// Returns unordered numbers of both signs.
template <class S>
std::vector<S> logits(std::size_t count, std::size_t seed = 0) {
  std::vector<S> x(count);
  for (std::size_t i = 0; i < count; ++i)
    x[i] = static_cast<S>(static_cast<double>((i * 37 + seed * 11) % 101) / 8 - 6);
  return x;
}

}  // namespace gradus::test
