// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/data/synthetic.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train.hpp>

#include "heap.hpp"

using namespace gradus;

namespace {

/// Adds up what is allocated from step to step, a first epoch left out in which buffers grow.
struct CountBetweenSteps {
  long allocations = 0;
  long steps = 0;
  long before = 0;

  void on_step(auto& trainer) {
    const long now = heap::allocations();
    if (trainer.progress().epoch > 1 && trainer.progress().batch > 1) {
      allocations += now - before;
      ++steps;
    }
    before = now;
  }
};

}  // namespace

TEST_SUITE("steady state") {
  TEST_CASE("the trainer's step allocates nothing, metrics, clipping and callbacks included") {
    Generator random(1);
    const Dataset<> data = synthetic_fashion(100, random);
    nn::Sequential net{nn::Flatten{}, nn::Linear{784, 16, random}, nn::ReLU{}, nn::Dropout{0.2},
                       nn::Linear{16, 10, random}};
    optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1, .momentum = 0.9}};
    Trainer trainer{net,
                    nn::SoftmaxCrossEntropy<float>{},
                    sgd,
                    random,
                    {.epochs = 3, .batch_size = 16, .clip_norm = 1, .clip_value = 0.1}};
    trainer.after_each_epoch([](auto& at) { CHECK(at.history().back().validation.has_value()); });
    const CountBetweenSteps& count = trainer.add(CountBetweenSteps{});
    trainer.fit(data, data);
    CHECK(count.steps == 2 * 6);
    CHECK(count.allocations == 0);
  }
}
