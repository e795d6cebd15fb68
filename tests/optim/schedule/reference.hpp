// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/eigen.hpp>

namespace gradus::test {

namespace pytorch {
#include "../../reference/optim.inc"
}  // namespace pytorch

/// The base learning rate of tests/reference/make_optim.py.
inline constexpr double base_rate = 0.1;

/// Checks that the rates of a schedule equal PyTorch's at every step.
template <class Schedule>
void check_rates(const Schedule& schedule, std::span<const double> reference) {
  Index step = 0;
  for (const double wanted : reference) {
    CAPTURE(step);
    CHECK(std::abs(base_rate * schedule(step) - wanted) < 1e-14);
    ++step;
  }
  CHECK(step == 40);
}

}  // namespace gradus::test
