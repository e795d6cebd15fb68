// SPDX-License-Identifier: MIT

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/nn/softmax_cross_entropy.hpp>
#include <gradus/optim/clip.hpp>
#include <gradus/optim/schedule/scheduler.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train/trainer.hpp>

#include "toy_problems.hpp"

namespace {

using gradus::Generator;
using gradus::Index;
using gradus::Trainer;
using gradus::test::bright_pixels;
namespace nn = gradus::nn;

/// Records its calls.
struct Journal {
  std::vector<std::string>* entries;

  void on_begin(auto&) { entries->push_back("begin"); }
  void on_gradient(auto& trainer) {
    float largest = 0;
    for (const auto& parameter : trainer.net().named_parameters()) {
      largest = std::max(largest, parameter->grad().array().abs().maxCoeff());
    }
    entries->push_back(largest > 0 ? "gradient" : "no gradient");
  }
  void on_step(auto& trainer) {
    entries->push_back("step " + std::to_string(trainer.progress().epoch) + "." +
                       std::to_string(trainer.progress().batch));
  }
  void on_epoch(auto& trainer) {
    entries->push_back("epoch " + std::to_string(trainer.history().back().epoch));
  }
  void on_end(auto&) { entries->push_back("end"); }
};

struct Counter {
  int epochs = 0;
  void on_epoch(auto&) { ++epochs; }
};

/// Writes down the learning rate of every step.
struct RecordRate {
  std::vector<double>* rates;
  void on_gradient(auto& trainer) { rates->push_back(trainer.optimizer().learning_rate()); }
};

struct SeesCheckpoints {
  std::vector<std::string>* entries;
  void on_checkpoint(auto&) { entries->push_back("checkpoint"); }
};

struct BeginFailure {};
struct CannotBegin {
  void on_begin(auto&) { throw BeginFailure{}; }
  void on_end(auto&) { FAIL("has not begun"); }
};
struct EndFailure {};
struct CannotEnd {
  void on_end(auto&) { throw EndFailure{}; }
};

struct Fixture {
  gradus::Dataset<> data = bright_pixels(20);
  nn::Sequential<float> net = gradus::test::small_network();
  Generator random{0};
  gradus::optim::SGD<float> sgd{net.named_parameters(), {.learning_rate = 0.1}};
  Trainer<nn::Sequential<float>, nn::SoftmaxCrossEntropy<float>, gradus::optim::SGD<float>> trainer{
      net, nn::SoftmaxCrossEntropy<float>{}, sgd, random, {.epochs = 2, .batch_size = 10}};
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "Callback: functions are called in the documented order") {
  std::vector<std::string> entries;
  trainer.add(Journal{&entries});
  trainer.fit(data);
  CHECK(entries == std::vector<std::string>{"begin", "gradient", "step 1.1", "gradient", "step 1.2",
                                            "epoch 1", "gradient", "step 2.1", "gradient", "step 2.2",
                                            "epoch 2", "end"});
}

TEST_CASE_FIXTURE(Fixture, "Callback: functions for steps and epochs see the running averages") {
  Index steps = 0, epochs = 0;
  trainer.after_each_step([&](auto& t) {
    ++steps;
    CHECK(t.progress().train.samples == 10 * t.progress().batch);
    CHECK(t.progress().train.loss > 0);
    CHECK(t.progress().batches == 2);
    CHECK(t.progress().epochs == 2);
  });
  trainer.after_each_epoch([&](auto& t) {
    ++epochs;
    CHECK(t.history().size() == epochs);
    CHECK(t.history().back().validation.value().samples == 20);
  });
  trainer.fit(data, data);
  CHECK(steps == 4);
  CHECK(epochs == 2);
}

TEST_CASE_FIXTURE(Fixture, "Callback: stop after a step records the partial epoch") {
  trainer.after_each_step([](auto& t) { t.stop(); });
  trainer.fit(data, data);
  REQUIRE(trainer.history().size() == 1);
  CHECK(trainer.history().back().train.samples == 10);
  CHECK(trainer.history().back().validation->samples == 20);
  trainer.fit(data, data);
  CHECK(trainer.history().size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "Callback: stop after an epoch ends the fit") {
  trainer.after_each_epoch([](auto& t) { t.stop(); });
  trainer.fit(data);
  CHECK(trainer.history().size() == 1);
  CHECK(trainer.history().back().train.samples == 20);
}

TEST_CASE_FIXTURE(Fixture, "Callback: a schedule per epoch appears in the history") {
  gradus::optim::Scheduler scheduler{sgd, [](Index epoch) { return 1.0 / static_cast<double>(epoch + 1); }};
  trainer.after_each_epoch([&](auto&) { scheduler.step(); });
  trainer.fit(data);
  trainer.fit(data);
  std::vector<double> rates;
  for (const gradus::EpochRecord& record : trainer.history()) rates.push_back(record.learning_rate);
  CHECK(rates == std::vector<double>{0.1, 0.1 * (1 / 2.0), 0.1 * (1 / 3.0), 0.1 * (1 / 4.0)});
}

TEST_CASE_FIXTURE(Fixture, "Callback: a schedule per step changes the rate of every step") {
  std::vector<double> rates;
  trainer.add(RecordRate{&rates});
  gradus::optim::Scheduler scheduler{sgd, [](Index step) { return static_cast<double>(step); }};
  trainer.after_each_step([&](auto&) { scheduler.step(); });
  trainer.fit(data);
  CHECK(rates == std::vector<double>{0, 0.1, 0.1 * 2, 0.1 * 3});
}

TEST_CASE_FIXTURE(Fixture, "Callback: add returns a reference to the stored callback") {
  const Counter& counter = trainer.add(Counter{});
  for (int i = 0; i < 20; ++i) trainer.add(Counter{});
  trainer.fit(data);
  CHECK(counter.epochs == 2);
}

TEST_CASE_FIXTURE(Fixture, "Callback: an exception propagates after on_end was called for the others") {
  struct Failure {};
  std::vector<std::string> entries;
  trainer.add(Journal{&entries});
  trainer.after_each_step([](auto&) { throw Failure{}; });
  CHECK_THROWS_AS(trainer.fit(data), Failure);
  CHECK(entries == std::vector<std::string>{"begin", "gradient", "step 1.1", "end"});
}

TEST_CASE_FIXTURE(Fixture, "Callback: on_end is called for those that began if another cannot begin") {
  std::vector<std::string> first, last;
  trainer.add(Journal{&first});
  trainer.add(CannotBegin{});
  trainer.add(Journal{&last});
  CHECK_THROWS_AS(trainer.fit(data), BeginFailure);
  CHECK(first == std::vector<std::string>{"begin", "end"});
  CHECK(last.empty());
}

TEST_CASE_FIXTURE(
    Fixture, "Callback: if one on_end throws, all others are called, and the first exception is thrown") {
  struct Failure {};
  std::vector<std::string> entries;
  trainer.add(CannotEnd{});
  trainer.add(Journal{&entries});
  CHECK_THROWS_AS(trainer.fit(data), EndFailure);
  CHECK(entries.back() == "end");
  entries.clear();
  trainer.after_each_step([](auto&) { throw Failure{}; });
  CHECK_THROWS_AS(trainer.fit(data), Failure);
  CHECK(entries.back() == "end");
}

TEST_CASE_FIXTURE(Fixture,
                  "Callback: on_gradient and on_before_step see gradients before and after clipping") {
  Trainer clipping{net,
                   nn::SoftmaxCrossEntropy<float>{},
                   sgd,
                   random,
                   {.epochs = 1, .batch_size = 20, .clip_norm = 0.001}};
  double before = 0, after = 0;
  clipping.before_each_step([&](auto& t) { after = gradus::optim::grad_norm(t.net().named_parameters()); });
  clipping.on_gradient([&](auto& t) { before = gradus::optim::grad_norm(t.net().named_parameters()); });
  clipping.fit(data);
  CHECK(before > 0.01);
  CHECK(after == doctest::Approx(0.001).epsilon(1e-2));
}

TEST_CASE_FIXTURE(Fixture, "Callback: changes to the gradients before clipping take effect") {
  Trainer clipping{net,
                   nn::SoftmaxCrossEntropy<float>{},
                   sgd,
                   random,
                   {.epochs = 1, .batch_size = 20, .clip_norm = 0.001}};
  clipping.on_gradient([](auto& t) {
    for (const auto& p : t.net().named_parameters()) p->grad().array() *= 1000;
  });
  double norm = 0;
  clipping.before_each_step([&](auto& t) { norm = gradus::optim::grad_norm(t.net().named_parameters()); });
  clipping.fit(data);
  CHECK(norm == doctest::Approx(0.001).epsilon(1e-2));
}

TEST_CASE_FIXTURE(Fixture, "Callback: on_checkpoint is called after everything else") {
  std::vector<std::string> entries;
  trainer.add(SeesCheckpoints{&entries});
  trainer.add(Journal{&entries});
  trainer.fit(data);
  CHECK(entries == std::vector<std::string>{"begin", "gradient", "step 1.1", "checkpoint", "gradient",
                                            "step 1.2", "checkpoint", "epoch 1", "checkpoint", "gradient",
                                            "step 2.1", "checkpoint", "gradient", "step 2.2", "checkpoint",
                                            "epoch 2", "checkpoint", "end"});
}

TEST_CASE_FIXTURE(
    Fixture, "Callback: interrupt ends the fit after the step and does not record the unfinished epoch") {
  std::vector<std::string> entries;
  trainer.add(Journal{&entries});
  trainer.after_each_step([](auto& t) {
    if (t.progress().step == 3) t.interrupt();
  });
  trainer.fit(data, data);
  CHECK(trainer.history().size() == 1);
  CHECK(trainer.progress().step == 3);
  CHECK(entries.back() == "end");
  trainer.fit(data, data);  // another fit starts a new epoch
  CHECK(trainer.history().size() == 3);
}
