// SPDX-License-Identifier: MIT

#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/index.hpp>
#include <gradus/core/simd/dispatch.hpp>
#include <gradus/nn/predictor_kernels.hpp>

#include "../support/instruction_sets.hpp"

using namespace gradus;
using nn::Activation;

// The values of each activation are tested by test_predictor.cpp.

TEST_CASE_TEMPLATE("Activate: padding does not count in a softmax", S, float, double) {
  gradus::test::for_each_instruction_set([] {
    const Index lanes = gradus::test::lanes<S>();
    std::vector<S> y(to_size(2 * lanes), S(100));
    y[0] = y[1] = y[2] = S(3);
    const Index size = lanes == 1 ? 2 : 3;
    simd::dispatch<nn::detail::Activate>(y.data(), (size + lanes - 1) / lanes, size, Activation::softmax,
                                         S(0), S(0));
    for (Index i = 0; i < size; ++i) CHECK(y[to_size(i)] == doctest::Approx(1.0 / static_cast<double>(size)));
  });
}
