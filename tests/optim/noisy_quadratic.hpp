// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/nn/parameter.hpp>

#include "schedule/reference.hpp"

namespace gradus::test {

/// The problem in tests/reference/make_optim.py: two parameters, one longer than a chunk of the update, and a
/// quadratic whose gradient has noise that is exact in binary.
struct NoisyQuadratic {
  nn::Parameter<double> weight{initial({13, 100}, 0)};
  nn::Parameter<double> bias{initial({7}, 2000)};

  std::vector<nn::NamedParameter<double>> weights() { return {{"weight", &weight}}; }
  std::vector<nn::NamedParameter<double>> biases() { return {{"bias", &bias}}; }
  std::vector<nn::NamedParameter<double>> parameters() { return {{"weight", &weight}, {"bias", &bias}}; }

  void add_gradients(Index t) {
    add_gradient(weight, 0, t);
    add_gradient(bias, 2000, t);
  }

 private:
  static double number(Index i) { return static_cast<double>(i); }
  static Tensor<double> initial(const Shape& shape, Index offset) {
    Tensor<double> w(shape);
    for (Index i = 0; i < w.size(); ++i) w.data()[i] = number(7 * (i + offset) % 23 - 11) / 8;
    return w;
  }
  static void add_gradient(nn::Parameter<double>& parameter, Index offset, Index t) {
    for (Index k = 0; k < parameter.value.size(); ++k) {
      const Index i = k + offset;
      const double noise = number((13 * i + 29 * t) % 41 - 20) / 16;
      parameter.grad().data()[k] += (0.5 + 0.25 * number(i % 5)) * parameter.value.data()[k] + noise;
    }
  }
};

/// Checks that two numbers agree to a relative 1e-12, or absolutely if they are small.
inline void check_close(double got, double wanted, double relative = 1e-12) {
  CHECK(std::abs(got - wanted) <= relative * std::max(std::abs(wanted), 1e-2));
}

/// Takes 200 steps on the problem and compares the weights with PyTorch's at some of them.
template <class Optimizer>
void check_walk(NoisyQuadratic& problem, Optimizer optimizer, std::span<const double> reference) {
  const std::vector<Index> looked_at{1, 2, 3, 50, 200};
  auto wanted = reference.begin();
  for (Index t = 1; t <= 200; ++t) {
    problem.add_gradients(t);
    optimizer.step();
    if (std::ranges::count(looked_at, t) == 0) continue;
    CAPTURE(t);
    for (const Index i : {0, 1, 511, 512, 513, 1024, 1299}) {
      CAPTURE(i);
      check_close(problem.weight.value.data()[i], *wanted++);
    }
    CHECK(problem.weight.value.array().sum() == doctest::Approx(*wanted++).epsilon(1e-12));
    for (const double w : problem.bias.value) check_close(w, *wanted++);
  }
  CHECK(wanted == reference.end());
  CHECK(optimizer.step_count() == 200);
  CHECK((problem.weight.grad().array() == 0).all());
  CHECK((problem.bias.grad().array() == 0).all());
}

/// As above, for an optimiser of all parameters with the same settings.
template <template <class> class Optimizer, class Options>
void check_walk(const Options& options, std::span<const double> reference) {
  NoisyQuadratic problem;
  check_walk(problem, Optimizer<double>{problem.parameters(), options}, reference);
}

}  // namespace gradus::test
