// SPDX-License-Identifier: MIT

#include <cstddef>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/process_group.hpp>
#include <gradus/data/synthetic.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim/adam.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train.hpp>

#include "heap.hpp"

using namespace gradus;

namespace {

/// A callback that adds up the allocations between steps, except in the first epoch, in which buffers grow.
struct CountBetweenSteps {
  long allocations = 0;
  long steps = 0;
  long before = 0;
  Index before_epoch = 0;

  void on_step(auto& trainer) {
    const long now = heap::allocations();
    if (trainer.progress().epoch > 1 && before_epoch == trainer.progress().epoch) {
      allocations += now - before;
      ++steps;
    }
    before = now;
    before_epoch = trainer.progress().epoch;
  }
};

/// The only process of a group, which copies nothing.
class OnlyProcess final : public ProcessGroup {
 public:
  Index rank() const override { return 0; }
  Index size() const override { return 1; }
  void sum(std::span<double>) override {}
  void begin_sum(std::span<float>) override {}
  void begin_sum(std::span<double>) override {}
  void finish_sums() override {}
  void broadcast(std::span<std::byte>) override {}
  std::vector<std::byte> gather(std::span<const std::byte> bytes) override {
    return {bytes.begin(), bytes.end()};
  }
};

}  // namespace

TEST_SUITE("steady state") {
  TEST_CASE("Trainer: a step allocates nothing, including metrics, clipping and callbacks") {
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

  TEST_CASE("Trainer: metrics, buffers, frozen layers and accumulated batches allocate nothing") {
    Generator random(1);
    const Dataset<> data = synthetic_fashion(100, random);
    nn::Sequential net{nn::Flatten{}, nn::Linear{784, 16, random}, nn::BatchNorm1d{16},
                       nn::ReLU{},    nn::LayerNorm{16},           nn::Linear{16, 10, random}};
    nn::freeze(net, [](const auto& p) { return p.name == "1.weight" || p.name == "2.bias"; });
    optim::Adam adam{net.named_parameters(), {.learning_rate = 0.01}};
    Trainer trainer{net,
                    nn::SoftmaxCrossEntropy<float>{},
                    adam,
                    random,
                    {.epochs = 3, .batch_size = 8, .accumulation_steps = 2, .clip_norm = 1}};
    trainer.add_metric("sum", [](TensorView<const float> y, std::span<const Index>) {
      return static_cast<double>(y.array().sum());
    });
    const CountBetweenSteps& count = trainer.add(CountBetweenSteps{});
    trainer.fit(data, data);
    CHECK(count.steps > 0);
    CHECK(count.allocations == 0);
  }

  TEST_CASE("Trainer: with a process group, a step allocates only for metrics") {
    for (const bool has_metric : {false, true}) {
      Generator random(1);
      const Dataset<> data = synthetic_fashion(100, random);
      nn::Sequential net{nn::Flatten{},    nn::Linear{784, 16, random}, nn::BatchNorm1d{16}, nn::ReLU{},
                         nn::Dropout{0.2}, nn::Linear{16, 10, random}};
      optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
      OnlyProcess process;
      Trainer trainer{net,
                      nn::SoftmaxCrossEntropy<float>{},
                      sgd,
                      random,
                      {.epochs = 3, .batch_size = 16, .processes = &process}};
      if (has_metric) {
        trainer.add_metric("sum", [](TensorView<const float> y, std::span<const Index>) {
          return static_cast<double>(y.array().sum());
        });
      }
      const CountBetweenSteps& count = trainer.add(CountBetweenSteps{});
      trainer.fit(data);
      CHECK(count.steps == 2 * 6);
      CHECK((count.allocations > 0) == has_metric);
    }
  }
}
