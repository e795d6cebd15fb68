// SPDX-License-Identifier: MIT

#include <vector>

#include <doctest/doctest.h>

#include <gradus/train/best_checkpoint.hpp>

namespace {

struct FakeTrainer {
  gradus::History records;
  const gradus::History& history() const { return records; }
};

}  // namespace

TEST_CASE("BestCheckpoint: saves after every epoch that is better than all previous ones") {
  FakeTrainer trainer;
  std::vector<gradus::Index> saved;
  gradus::BestCheckpoint callback{[&] { saved.push_back(trainer.records.back().epoch); },
                                  gradus::Monitor::validation_accuracy};
  for (const double accuracy : {0.5, 0.7, 0.6, 0.7, 0.8}) {
    trainer.records.push_back({trainer.records.size() + 1, {1, 1, 1}, gradus::Metrics{1, accuracy, 1}, 0, 0});
    callback.on_epoch(trainer);
  }
  CHECK(saved == std::vector<gradus::Index>{1, 2, 5});
  CHECK(callback.best_epoch() == 5);
}

TEST_CASE("BestCheckpoint: a failed save does not count as saved") {
  FakeTrainer trainer;
  gradus::BestCheckpoint callback{[] { throw gradus::FileError("disk full"); }};
  trainer.records.push_back({1, {1, 1, 1}, gradus::Metrics{1, 1, 1}, 0, 0});
  CHECK_THROWS_AS(callback.on_epoch(trainer), gradus::FileError);
  CHECK(callback.best_epoch() == 0);
}
