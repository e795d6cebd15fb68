// SPDX-License-Identifier: MIT

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/core/random.hpp>
#include <gradus/nn/sequential.hpp>
#include <gradus/nn/softmax_cross_entropy.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train/fit_loop.hpp>
#include <gradus/train/trainer.hpp>

#include "toy_problems.hpp"

namespace {

using gradus::Generator;
using gradus::Trainer;
using gradus::TrainerOptions;
using gradus::test::bright_pixels;
using gradus::test::small_network;
namespace nn = gradus::nn;
namespace optim = gradus::optim;

/// Records one letter per call.
struct Recorder {
  std::string* calls;
  void on_begin(auto&) { *calls += 'b'; }
  void on_gradient(auto&) { *calls += 'g'; }
  void on_before_step(auto&) { *calls += 's'; }
  void on_step(auto&) { *calls += 'S'; }
  void on_epoch(auto&) { *calls += 'E'; }
  void on_checkpoint(auto&) { *calls += 'c'; }
  void on_end(auto&) { *calls += 'e'; }
};

template <class Prepare>
std::string calls_of_a_fit(TrainerOptions options, Prepare prepare) {
  Generator random(1);
  auto net = small_network();
  optim::SGD<float> optimizer(net.named_parameters(), {.learning_rate = 0.1});
  Trainer trainer{net, nn::SoftmaxCrossEntropy{}, optimizer, random, options};
  std::string calls;
  trainer.add(Recorder{&calls});
  prepare(trainer);
  trainer.fit(bright_pixels(8));
  return calls;
}

}  // namespace

TEST_CASE("FitLoop: calls the callbacks in the order of its pseudo-code") {
  CHECK(calls_of_a_fit({.epochs = 2, .batch_size = 4}, [](auto&) {}) == "bgsScgsScEcgsScgsScEce");
}

TEST_CASE("FitLoop: updates after accumulation_steps batches and at the end of the epoch") {
  CHECK(calls_of_a_fit({.epochs = 1, .batch_size = 2, .accumulation_steps = 3}, [](auto&) {}) ==
        "bgsScgsScEce");
}

TEST_CASE("FitLoop: stop records the unfinished epoch, interrupt does not") {
  CHECK(calls_of_a_fit({.epochs = 2, .batch_size = 4}, [](auto& trainer) {
          trainer.after_each_step([](auto& t) { t.stop(); });
        }) == "bgsSEce");
  CHECK(calls_of_a_fit({.epochs = 2, .batch_size = 4}, [](auto& trainer) {
          trainer.after_each_step([](auto& t) { t.interrupt(); });
        }) == "bgsSce");
}

TEST_CASE("FitLoop: interrupt in the step of a stop leaves the epoch to be recorded and saved") {
  CHECK(calls_of_a_fit({.epochs = 2, .batch_size = 4}, [](auto& trainer) {
          trainer.after_each_step([](auto& t) {
            t.stop();
            t.interrupt();
          });
        }) == "bgsSEce");
}
