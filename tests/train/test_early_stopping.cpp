// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/nn/mean_squared_error.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train/early_stopping.hpp>
#include <gradus/train/trainer.hpp>

#include "toy_problems.hpp"

namespace {

using gradus::EarlyStopping;
using gradus::EpochRecord;
using gradus::Index;
using gradus::Metrics;
using gradus::Monitor;
using gradus::Tensor;

struct Net {
  struct Parameter {
    Tensor<float> value{0};
  } weight;
  Tensor<float> mean{0};
  void visit(auto&& f) { f("weight", weight); }
  void visit_buffers(auto&& f) { f("mean", mean); }
};

/// A training with given validation losses, whose weight is the number of the epoch.
struct FakeTrainer {
  using Scalar = float;

  Net network;
  gradus::History records;
  bool stopped = false;

  Net& net() { return network; }
  const gradus::History& history() const { return records; }
  void stop() { stopped = true; }

  void run(EarlyStopping& callback, const std::vector<double>& losses) {
    for (const double loss : losses) {
      const Index epoch = records.size() + 1;
      network.weight.value(0) = static_cast<float>(epoch);
      network.mean(0) = static_cast<float>(10 * epoch);
      records.push_back({epoch, {10 - loss, 0.5, 1}, Metrics{loss, -loss, 1}, 0, 0});
      callback.on_epoch(*this);
      if (stopped) break;
    }
    callback.on_end(*this);
  }
};

}  // namespace

TEST_CASE("EarlyStopping: stops after `patience` epochs without improvement and restores the best weights") {
  EarlyStopping callback{{.patience = 2}};
  FakeTrainer trainer;
  trainer.run(callback, {5, 3, 4, 2, 2.5, 2.4, 1});
  CHECK(trainer.history().size() == 6);
  CHECK(callback.stopped());
  CHECK(callback.best_epoch() == 4);
  CHECK(trainer.network.weight.value(0) == 4);
  CHECK(trainer.network.mean(0) == 40);
}

TEST_CASE("EarlyStopping: the best weights are also restored after the last epoch") {
  EarlyStopping callback{{.patience = 5}};
  FakeTrainer trainer;
  trainer.run(callback, {5, 3, 4});
  CHECK_FALSE(callback.stopped());
  CHECK(trainer.network.weight.value(0) == 2);
}

TEST_CASE("EarlyStopping: keeps the last weights if restoring is turned off") {
  EarlyStopping callback{{.patience = 1, .restore_best = false}};
  FakeTrainer trainer;
  trainer.run(callback, {5, 6, 1});
  CHECK(callback.stopped());
  CHECK(trainer.network.weight.value(0) == 2);
}

TEST_CASE("EarlyStopping: small improvements do not count, and NaN is not an improvement") {
  EarlyStopping callback{{.patience = 2, .min_delta = 0.5}};
  FakeTrainer trainer;
  trainer.run(callback, {5, 4.6, std::numeric_limits<double>::quiet_NaN(), 1});
  CHECK(callback.best_epoch() == 1);
  CHECK(trainer.history().size() == 3);
}

TEST_CASE("EarlyStopping: monitors the configured value") {
  for (const Monitor monitor : {Monitor::validation_loss, Monitor::validation_accuracy}) {
    EarlyStopping callback{{.monitor = monitor}};
    FakeTrainer trainer;
    trainer.run(callback, {5, 1, 3});
    CHECK(callback.best_epoch() == 2);
  }
  EarlyStopping callback{{.monitor = Monitor::train_loss}};
  FakeTrainer trainer;
  trainer.run(callback, {5, 1, 3});
  CHECK(callback.best_epoch() == 1);
}

TEST_CASE("EarlyStopping: invalid settings are refused") {
  CHECK_THROWS_AS(EarlyStopping{{.patience = 0}}, gradus::ArgumentError);
  EarlyStopping callback;
  FakeTrainer trainer;
  trainer.records.push_back({1, {1, 1, 1}, {}, 0, 0});
  CHECK_THROWS_AS(callback.on_epoch(trainer), gradus::StateError);
}

TEST_CASE("EarlyStopping: a metric over no samples, or one that the loss does not provide, is an error") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  FakeTrainer trainer;
  EarlyStopping by_loss, by_train_loss{{.monitor = Monitor::train_loss}},
      by_accuracy{{.monitor = Monitor::validation_accuracy}};
  trainer.records.push_back({1, {1, 1, 5}, Metrics{nan, nan, 0}, 0, 0});
  CHECK_THROWS_AS(by_loss.on_epoch(trainer), gradus::ArgumentError);
  CHECK_THROWS_AS(by_accuracy.on_epoch(trainer), gradus::ArgumentError);
  trainer.records.push_back({2, {1, 1, 0}, Metrics{1, nan, 5}, 0, 0});
  CHECK_THROWS_AS(by_train_loss.on_epoch(trainer), gradus::ArgumentError);
  CHECK_THROWS_AS(by_accuracy.on_epoch(trainer), gradus::StateError);
  for (const double bad : {nan, -0.1}) {
    CHECK_THROWS_AS(EarlyStopping{{.min_delta = bad}}, gradus::ArgumentError);
  }
  CHECK_FALSE(trainer.stopped);
}

TEST_CASE("EarlyStopping: a second fit starts with its full patience and no best epoch") {
  const auto data = gradus::test::plane(8);
  gradus::Generator random(0);
  gradus::nn::Sequential net{gradus::nn::Linear{2, 1, random}};
  // With a rate of 0 no epoch is better than the first.
  gradus::optim::SGD sgd{net.named_parameters(), {.learning_rate = 0}};
  gradus::Trainer trainer{net, gradus::nn::MeanSquaredError<float>{}, sgd, random, {.epochs = 10}};
  EarlyStopping& callback = trainer.add(EarlyStopping{{.patience = 2}});
  trainer.fit(data, data);
  CHECK(callback.stopped());
  CHECK(trainer.history().size() == 3);
  trainer.fit(data, data);
  CHECK(callback.stopped());
  CHECK(trainer.history().size() == 6);
  CHECK(callback.best_epoch() == 4);
}

TEST_CASE("EarlyStopping: monitoring an accuracy in a regression makes fit throw") {
  const auto data = gradus::test::plane(8);
  gradus::Generator random(0);
  gradus::nn::Sequential net{gradus::nn::Linear{2, 1, random}};
  gradus::optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  gradus::Trainer trainer{net, gradus::nn::MeanSquaredError<float>{}, sgd, random, {.epochs = 10}};
  trainer.add(EarlyStopping{{.monitor = Monitor::validation_accuracy}});
  CHECK_THROWS_AS(trainer.fit(data, data), gradus::StateError);
  CHECK(trainer.history().size() == 1);
}
