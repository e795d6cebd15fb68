// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/optim/adam.hpp>
#include <gradus/optim/optimizer.hpp>
#include <gradus/optim/sgd.hpp>

namespace {

using gradus::Index;

/// A complete user-defined optimiser.
struct Minimal {
  using scalar_type = float;
  void step() {}
  void zero_grad() {}
  Index group_count() const { return 1; }
  double learning_rate(Index = 0) const { return 0.1; }
  void set_learning_rate(double) {}
  void set_learning_rate(Index, double) {}
  template <class F>
  void visit_state(F&&) {}
  Index step_count() const { return 0; }
  void set_step_count(Index) {}
};

struct WithoutStepCount : Minimal {
  Index step_count() const = delete;
};
struct WithoutZeroGrad : Minimal {
  void zero_grad() = delete;
};

}  // namespace

TEST_CASE(
    "Optimizer: the library's optimisers and a user-defined one model the concept, incomplete ones do not") {
  CHECK(gradus::optim::Optimizer<gradus::optim::SGD<float>>);
  CHECK(gradus::optim::Optimizer<gradus::optim::Adam<double>>);
  CHECK(gradus::optim::Optimizer<Minimal>);
  CHECK_FALSE(gradus::optim::Optimizer<WithoutStepCount>);
  CHECK_FALSE(gradus::optim::Optimizer<WithoutZeroGrad>);
}
