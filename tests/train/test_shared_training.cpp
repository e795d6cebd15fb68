// SPDX-License-Identifier: MIT

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/core/process_group.hpp>
#include <gradus/core/random.hpp>
#include <gradus/nn/softmax_cross_entropy.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train/trainer.hpp>

#include "../support/shared_training.hpp"
#include "../support/thread_group.hpp"
#include "toy_problems.hpp"

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

TEST_CASE("Trainer: several processes train the same network as one, including last batches and statistics") {
  for (const Index processes : {1, 2, 3, 4}) {
    check_same_curve<float>(processes, {.epochs = 1}, 1e-5);
    check_same_curve<double>(processes, {.epochs = 3}, 1e-12);
    check_same_curve<double>(processes, {.epochs = 1, .accumulation_steps = 2}, 1e-12);
  }
}

namespace {

/// Calls prepare(trainer, group) and trains on 12 samples in 3 batches per epoch.
template <class Prepare>
void fit_shared(ProcessGroup& group, const Prepare& prepare) {
  gradus::Generator random(1);
  auto net = gradus::test::small_network();
  gradus::optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  gradus::Trainer trainer{net,
                          gradus::nn::SoftmaxCrossEntropy{},
                          sgd,
                          random,
                          {.epochs = 4, .batch_size = 4, .processes = &group}};
  prepare(trainer);
  trainer.fit(gradus::test::bright_pixels(12));
}

/// Evaluates when the fit ends, for whatever reason.
struct EvaluateAtEnd {
  std::atomic<int>* refused;
  void on_end(auto& trainer) {
    try {
      trainer.evaluate(gradus::test::bright_pixels(6));
    } catch (const gradus::StateError&) {
      ++*refused;
      throw;
    }
  }
};

/// Records what a checkpoint would save as its last state.
struct RecordStopping {
  bool* is_stopping;
  void on_checkpoint(auto& trainer) { *is_stopping = trainer.fit_state().is_stopping; }
};

}  // namespace

TEST_CASE("Trainer: evaluate in on_end does not wait for processes that have not failed") {
  std::atomic<int> refused = 0;
  CHECK_THROWS_WITH_AS(ThreadGroup::run(2,
                                        [&](ProcessGroup& group) {
                                          fit_shared(group, [&](auto& trainer) {
                                            trainer.add(EvaluateAtEnd{&refused});
                                            trainer.after_each_step([](auto& at) {
                                              if (at.progress().step == 2)
                                                throw std::runtime_error("disk full");
                                            });
                                          });
                                        }),
                       "disk full", std::runtime_error);
  CHECK(refused == 2);
}

TEST_CASE("Trainer: a stop by one process ends all of them, and the checkpoint of the epoch records it") {
  std::mutex mutex;
  ThreadGroup::run(3, [&](ProcessGroup& group) {
    bool is_stopping = false;
    Index epochs = 0;
    fit_shared(group, [&](auto& trainer) {
      trainer.add(RecordStopping{&is_stopping});
      trainer.after_each_epoch([&](auto& at) {
        epochs = at.progress().epoch;
        if (group.rank() == 2 && epochs == 2) at.stop();
      });
    });
    const std::lock_guard lock(mutex);
    CHECK(epochs == 2);
    CHECK(is_stopping);
  });
}

TEST_CASE("Trainer: processes that disagreed can train after the difference is removed") {
  std::mutex mutex;
  ThreadGroup::run(2, [&](ProcessGroup& group) {
    gradus::Generator random(1);
    auto net = gradus::test::small_network();
    gradus::optim::SGD sgd{net.named_parameters(), {.learning_rate = group.rank() == 0 ? 0.1 : 0.2}};
    gradus::Trainer trainer{net,
                            gradus::nn::SoftmaxCrossEntropy{},
                            sgd,
                            random,
                            {.epochs = 1, .batch_size = 4, .processes = &group}};
    std::string message;
    try {
      trainer.fit(gradus::test::bright_pixels(12));
    } catch (const gradus::StateError& error) {
      message = error.what();
    }
    const bool is_running = trainer.fit_state().is_running;
    sgd.set_learning_rate(0.1);
    trainer.fit(gradus::test::bright_pixels(12));
    const std::lock_guard lock(mutex);
    CHECK(message.find("process 1 has learning rate 0.2, expected 0.1") != message.npos);
    CHECK_FALSE(is_running);
    CHECK(trainer.history().size() == 1);
  });
}
