// SPDX-License-Identifier: MIT

#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/io/c_steps.hpp>

using namespace gradus;
using detail::CKind;
using detail::CStep;
using detail::run_c_steps;

// The values of the other steps are compared with networks by test_c_program.cpp.

TEST_CASE("run_c_steps: computes dense and scale steps") {
  const std::vector<CStep> steps{{CKind::dense, 2, 3, {1, 2, 3, 4, 5, 6}, {10, 20, 30}},
                                 {CKind::scale, 3, 3, {1, -1, 2}, {0, 1, 0}}};
  CHECK(run_c_steps<double>(steps, {1, -1}) == std::vector<double>{9, -18, 58});
  CHECK(steps[0].makes_output());
  CHECK_FALSE(steps[1].makes_output());
}

TEST_CASE("run_c_steps: a category becomes a one-hot vector, any other value becomes zeros") {
  CStep step{CKind::one_hot, 3, 6};
  step.counts = {2, 0, 3};
  CHECK(step.makes_output());
  const auto run = [&](float a, float b, float c) { return run_c_steps<float>({step}, {a, b, c}); };
  CHECK(run(1, -7, 0) == std::vector<float>{0, 1, -7, 1, 0, 0});
  CHECK(run(0, 0.5f, 2) == std::vector<float>{1, 0, 0.5f, 0, 0, 1});
  for (const float none : {-1.0f, 3.0f, 0.5f, 1e30f, std::numeric_limits<float>::quiet_NaN()}) {
    CAPTURE(none);
    CHECK(run(none, 1, none) == std::vector<float>{0, 0, 1, 0, 0, 0});
  }
}
