// SPDX-License-Identifier: MIT

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>

#include "../support/shared_training.hpp"
#include "world.hpp"

namespace {

using gradus::Index;
using gradus::test::BatchKind;
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

TEST_CASE("mpi: a loss that sums over its batch has the curve of one process") {
  check_same_curve<double>({.learning_rate = 0.01, .sums_loss = true}, 1e-12);
}

TEST_CASE("mpi: a loader that makes parts of batches with a random transform has the curve of one process") {
  check_same_curve<double>({.batches = BatchKind::transformed}, 1e-12);
}

TEST_CASE("mpi: a MixupLoader has the curve of one process") {
  check_same_curve<double>({.batches = BatchKind::mixed}, 1e-12);
}

TEST_CASE("mpi: EarlyStopping stops all processes after the epoch in which it stops one process") {
  // The loss of the validation samples of one process would stop it earlier.
  const SharedSettings settings{.epochs = 20, .seed = 8, .learning_rate = 0.5, .patience = 1};
  const Index alone = train_shared<double>(nullptr, settings).history.size();
  if (world().is_main()) MESSAGE("one process stops after epoch " << alone);
  REQUIRE(alone < 20);
  const Index own = train_shared<double>(&world(), settings).history.size();
  const std::vector<std::byte> bytes = world().gather(std::as_bytes(std::span(&own, 1)));
  std::vector<Index> epochs(bytes.size() / sizeof(Index));
  std::memcpy(epochs.data(), bytes.data(), bytes.size());
  CHECK(epochs == std::vector<Index>(epochs.size(), alone));
}

TEST_CASE("mpi: a loss that is not finite in one process throws in all of them") {
  std::string message;
  try {
    train_shared<double>(&world(), {.has_infinite_input = true});
  } catch (const gradus::NumericError& error) {
    message = error.what();
  }
  CAPTURE(message);
  CHECK(message.starts_with("Trainer: loss is nan in epoch 1, batch "));
  // Only the process that has the sample can say where it is.
  std::array<double, 1> found{message.find("the input of the network") != message.npos ? 1.0 : 0.0};
  world().sum(found);
  CHECK(found[0] == 1);
}

TEST_CASE("mpi: the same number of processes trains the same weights, bit for bit") {
  CHECK(distance(train_shared<float>(&world()).state, train_shared<float>(&world()).state) == 0);
}
