// SPDX-License-Identifier: MIT

#include <vector>

#include <doctest/doctest.h>

#include <gradus/nn/softmax_cross_entropy.hpp>
#include <gradus/optim/adam.hpp>
#include <gradus/optim/schedule/decay.hpp>
#include <gradus/optim/schedule/one_cycle.hpp>
#include <gradus/optim/schedule/scheduler.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train/schedules.hpp>
#include <gradus/train/trainer.hpp>

#include "../support/memory_archive.hpp"
#include "toy_problems.hpp"

namespace {

using gradus::Generator;
using gradus::Index;
using gradus::Trainer;
namespace nn = gradus::nn;
namespace optim = gradus::optim;

struct Fixture {
  gradus::Dataset<> data = gradus::test::bright_pixels(20);
  nn::Sequential<float> net = gradus::test::small_network();
  Generator random{0};
  optim::SGD<float> sgd{net.named_parameters(), {.learning_rate = 8, .momentum = 0.5}};
  Trainer<nn::Sequential<float>, nn::SoftmaxCrossEntropy<float>, optim::SGD<float>> trainer{
      net, nn::SoftmaxCrossEntropy<float>{}, sgd, random, {.epochs = 2, .batch_size = 10}};
  std::vector<double> rates;

  Fixture() {
    trainer.on_gradient([this](auto& t) { rates.push_back(t.optimizer().learning_rate()); });
  }
};

double half(Index step) { return 1.0 / static_cast<double>(Index{1} << step); }

}  // namespace

TEST_CASE_FIXTURE(Fixture, "EpochSchedule: sets a rate per epoch, also in later fits") {
  trainer.add(gradus::EpochSchedule{half});
  trainer.fit(data);
  trainer.fit(data);
  CHECK(rates == std::vector<double>{8, 8, 4, 4, 2, 2, 1, 1});
}

TEST_CASE_FIXTURE(Fixture, "StepSchedule: sets a rate per step") {
  trainer.add(gradus::StepSchedule{half});
  trainer.fit(data);
  CHECK(rates == std::vector<double>{8, 4, 2, 1});
}

TEST_CASE_FIXTURE(Fixture, "StepSchedule: equals optim's Scheduler, including momentum") {
  const optim::OneCycle cycle{.total_steps = 4};
  std::vector<double> momenta, expected_rates, expected_momenta;
  optim::SGD<float> other{net.named_parameters(), {.learning_rate = 8, .momentum = 0.5}};
  optim::Scheduler scheduler{other, cycle};
  for (int i = 0; i < 4; ++i) {
    expected_rates.push_back(other.learning_rate());
    expected_momenta.push_back(other.options().momentum);
    if (i < 3) scheduler.step();
  }
  trainer.add(gradus::StepSchedule{cycle});
  trainer.on_gradient([&](auto& t) { momenta.push_back(t.optimizer().options().momentum); });
  trainer.after_each_step([](auto& t) {
    if (t.progress().step == 3) t.stop();
  });
  trainer.fit(data);
  expected_rates.resize(3);
  expected_momenta.resize(3);
  CHECK(rates == expected_rates);
  CHECK(momenta == expected_momenta);
}

TEST_CASE_FIXTURE(Fixture, "PlateauSchedule: reduces the rate when what it monitors stops improving") {
  sgd.set_learning_rate(0);
  sgd.set_learning_rate(8);
  trainer.add_metric("constant", [](gradus::TensorView<const float>, std::span<const Index>) { return 1.0; });
  trainer.add(gradus::PlateauSchedule{{.factor = 0.5, .patience = 0}, gradus::MetricMonitor{"constant"}});
  trainer.fit(data, data);
  trainer.fit(data, data);
  CHECK(rates == std::vector<double>{8, 8, 8, 8, 4, 4, 2, 2});
}

TEST_CASE("PlateauSchedule: expects a loss to fall and an accuracy to rise") {
  struct Trainer {
    gradus::History records;
    nn::Parameter<float> weight{gradus::Tensor<float>{0}};
    optim::SGD<float> sgd{{{"w", &weight}}, {.learning_rate = 8}};
    const gradus::History& history() const { return records; }
    optim::SGD<float>& optimizer() { return sgd; }
  };
  for (const bool by_loss : {true, false}) {
    Trainer trainer;
    gradus::PlateauSchedule callback{
        {.factor = 0.5, .patience = 0},
        by_loss ? gradus::Monitor::validation_loss : gradus::Monitor::validation_accuracy};
    for (const double value : {1.0, 2.0, 3.0}) {
      trainer.records.push_back({1, {}, gradus::Metrics{value, value, 1}, 0, 0});
      callback.on_epoch(trainer);
    }
    CHECK(trainer.sgd.learning_rate() == (by_loss ? 2 : 8));
  }
}

TEST_CASE_FIXTURE(Fixture, "EpochSchedule: continues from a saved state") {
  gradus::EpochSchedule schedule{half}, loaded{half};
  schedule.on_begin(trainer);
  schedule.on_epoch(trainer);
  gradus::test::MemoryArchive archive;
  schedule.serialize(archive);
  archive.loading = true;
  loaded.serialize(archive);
  loaded.on_begin(trainer);
  CHECK(sgd.learning_rate() == 4);
  loaded.on_epoch(trainer);
  CHECK(sgd.learning_rate() == 2);
}
