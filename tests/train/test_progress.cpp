// SPDX-License-Identifier: MIT

#include <cmath>

#include <doctest/doctest.h>

#include <gradus/train/progress.hpp>

#include "../support/memory_archive.hpp"

TEST_CASE("Progress: has no loss and no samples before the first step") {
  const gradus::Progress progress;
  CHECK(std::isnan(progress.loss));
  CHECK(progress.train.samples == 0);
}

TEST_CASE("FitState: a round trip through an archive restores it") {
  gradus::detail::FitState state;
  state.history.push_back(
      {1, {0.5, 0.25, 7, {{"mae", 3}}}, gradus::Metrics{2, 1, 3, {{"mae", 4}}}, 6, 0.1, "test"});
  state.history.push_back({2, {0.75, 0.5, 7, {{"mae", 5}}}, {}, 8, 0.2, {}});
  state.is_running = true;
  state.first_epoch = 1;
  state.step = 9;
  state.batch = 4;
  state.seconds = 1.5;
  state.loss = 0.125;
  state.random.next();
  gradus::test::MemoryArchive archive;
  state.serialize(archive);
  archive.loading = true;
  gradus::detail::FitState loaded;
  loaded.serialize(archive);
  CHECK(loaded.history.to_csv() == state.history.to_csv());
  CHECK(loaded.history[0].train.named[0].value == 3);
  CHECK(loaded.history[0].validation->find("mae")->value == 4);
  CHECK(loaded.history[0].validation_name == "test");
  CHECK_FALSE(loaded.history[1].validation.has_value());
  CHECK(loaded.history[1].seconds == 8);
  CHECK(loaded.is_running);
  CHECK_FALSE(loaded.is_stopping);
  CHECK(loaded.first_epoch == 1);
  CHECK(loaded.step == 9);
  CHECK(loaded.batch == 4);
  CHECK(loaded.seconds == 1.5);
  CHECK(loaded.loss == 0.125);
  CHECK(loaded.random == state.random);
  CHECK_FALSE(loaded.random == loaded.epoch_start);
}
