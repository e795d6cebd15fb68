// SPDX-License-Identifier: MIT

#include <mutex>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/process_group.hpp>

#include "../support/shared_training.hpp"
#include "../support/thread_group.hpp"

namespace {

using gradus::Index;
using gradus::ProcessGroup;
using gradus::test::distance;
using gradus::test::SharedSettings;
using gradus::test::ThreadGroup;
using gradus::test::train_shared;

template <class Scalar>
void check_same_curve(Index processes, const SharedSettings& options, double tolerance) {
  const auto alone = train_shared<Scalar>(nullptr, options);
  std::mutex mutex;
  ThreadGroup::run(processes, [&](ProcessGroup& group) {
    const auto shared = train_shared<Scalar>(&group, options);
    const std::lock_guard lock(mutex);
    CAPTURE(processes);
    CHECK(distance(shared.state, alone.state) < tolerance);
    REQUIRE(shared.history.size() == alone.history.size());
    for (Index i = 0; i < shared.history.size(); ++i) {
      const auto &a = alone.history[i], &b = shared.history[i];
      CHECK(b.train.samples == a.train.samples);
      CHECK(b.train.loss == doctest::Approx(a.train.loss).epsilon(tolerance));
      CHECK(b.validation->loss == doctest::Approx(a.validation->loss).epsilon(tolerance));
      CHECK(b.validation->accuracy == a.validation->accuracy);
      CHECK(b.validation->named[0].value == doctest::Approx(a.validation->named[0].value));
    }
  });
}

}  // namespace

TEST_CASE(
    "Trainer: several processes train the network that one trains, last batches and statistics included") {
  for (const Index processes : {1, 2, 3, 4}) {
    check_same_curve<float>(processes, {.epochs = 1}, 1e-5);
    check_same_curve<double>(processes, {.epochs = 3}, 1e-12);
    check_same_curve<double>(processes, {.epochs = 1, .accumulation_steps = 2}, 1e-12);
  }
}
