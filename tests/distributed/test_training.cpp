// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include "../support/shared_training.hpp"
#include "world.hpp"

namespace {

using gradus::Index;
using gradus::test::distance;
using gradus::test::SharedSettings;
using gradus::test::train_shared;
using gradus::test::world;

template <class Scalar>
void check_same_curve(const SharedSettings& options, double tolerance) {
  const auto alone = train_shared<Scalar>(nullptr, options);
  const auto shared = train_shared<Scalar>(&world(), options);
  const double difference = distance(shared.state, alone.state);
  if (world().is_main()) MESSAGE("largest relative difference of a tensor: " << difference);
  CHECK(difference < tolerance);
  REQUIRE(shared.history.size() == alone.history.size());
  for (Index i = 0; i < shared.history.size(); ++i) {
    const auto &a = alone.history[i], &b = shared.history[i];
    CHECK(b.train.samples == a.train.samples);
    CHECK(b.train.loss == doctest::Approx(a.train.loss).epsilon(tolerance));
    CHECK(b.validation->loss == doctest::Approx(a.validation->loss).epsilon(tolerance));
    CHECK(b.validation->accuracy == a.validation->accuracy);
    CHECK(b.validation->named[0].value == doctest::Approx(a.validation->named[0].value));
  }
}

}  // namespace

TEST_CASE("mpi: float parameters are within 1e-5 of those of one process") {
  check_same_curve<float>({.epochs = 1}, 1e-5);
}

TEST_CASE("mpi: double parameters are within 1e-12 of those of one process") {
  check_same_curve<double>({.epochs = 1}, 1e-12);
  check_same_curve<double>({.epochs = 3, .accumulation_steps = 2}, 1e-12);
}

TEST_CASE("mpi: the same number of processes trains the same weights, bit for bit") {
  CHECK(distance(train_shared<float>(&world()).state, train_shared<float>(&world()).state) == 0);
}
