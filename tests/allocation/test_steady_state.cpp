// SPDX-License-Identifier: MIT

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/data/loader.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim/adam.hpp>
#include <gradus/optim/sgd.hpp>

#include "heap.hpp"

using namespace gradus;
using namespace gradus::nn;

// Once its buffers have grown, a training step allocates nothing, and neither does a prediction.

namespace {

Dataset<> images(Index count) {
  Generator random(1);
  Dataset<> data{Tensor<std::uint8_t>(Shape{count, 28, 28}), Tensor<Index>(Shape{count}), 10, {}, "noise"};
  for (std::uint8_t& pixel : data.inputs) pixel = static_cast<std::uint8_t>(random.below(256));
  for (Index& label : data.labels) label = random.below(10);
  return data;
}

Sequential<float> chapter_net(Generator& random) {
  return Sequential{Flatten{}, Linear{784, 256, random}, ReLU{}, Linear{256, 10, random}};
}

Sequential<float> net_of_everything(Generator& random) {
  return Sequential{Flatten{},
                    Linear{784, 64, random},
                    Tanh{},
                    Dropout{0.5},
                    Sequential{Linear{64, 64, random, {.bias = false}}, Sigmoid{}, Identity{}},
                    Linear{64, 10, random},
                    Softmax{}};
}

/// Returns the number of allocations in the second and third epochs; the last batch of each epoch is smaller.
template <class Optimizer>
long allocations_of_training(Sequential<float>& net, Optimizer& optimizer, Index batch_size,
                             const SoftmaxCrossEntropy<float>& loss = {}) {
  const Dataset<> data = images(2 * batch_size + 7);
  Loader loader(data, {.batch_size = batch_size});
  Tensor<float> gradient;
  Generator random(2);
  const auto epoch = [&] {
    for (const auto& batch : loader.training_epoch(random)) {
      const Tensor<float>& logits = net.forward(batch.x);
      gradient.resize(logits.shape());
      loss(logits, batch.labels, gradient);
      net.backward(gradient);
      optimizer.step();
    }
  };
  epoch();
  return heap::allocations_in([&] {
    epoch();
    epoch();
  });
}

}  // namespace

TEST_SUITE("steady state") {
  TEST_CASE(
      "Sequential: a training step of the chapter's network allocates nothing, whatever the batch size") {
    for (const Index batch_size : {1, 64, 256}) {
      CAPTURE(batch_size);
      Generator random(1);
      Sequential<float> net = chapter_net(random);
      optim::SGD<float> sgd(net.named_parameters(), {.learning_rate = 0.1});
      CHECK(allocations_of_training(net, sgd, batch_size) == 0);
    }
  }

  TEST_CASE("Sequential: a step with threads, momentum, decay and every loss option allocates nothing") {
    Generator random(1);
    Sequential<float> net = chapter_net(random);
    net.set_threads(2);
    optim::SGD<float> sgd(net.named_parameters(),
                          {.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 1e-4});
    const SoftmaxCrossEntropy<float> loss{Reduction::mean, 0.1f, Tensor<float>::ones({10}), 3};
    CHECK(allocations_of_training(net, sgd, 64, loss) == 0);
  }

  TEST_CASE("Sequential: a step through every module, including nested ones, with Adam allocates nothing") {
    Generator random(1);
    Sequential<float> net = net_of_everything(random);
    optim::Adam<float> adam(net.named_parameters());
    CHECK(allocations_of_training(net, adam, 64) == 0);
  }

  TEST_CASE("MeanSquaredError, BinaryCrossEntropy: a step allocates nothing") {
    Generator random(1);
    const Tensor<float> x = Tensor<float>::randn({64, 10}, random),
                        target = Tensor<float>::uniform({64, 10}, random);
    Tensor<float> gradient(x.shape());
    CHECK(heap::allocations_in([&] { MeanSquaredError<float>{}(x, target, gradient); }) == 0);
    CHECK(heap::allocations_in([&] { BinaryCrossEntropy<float>{}(x, target, gradient); }) == 0);
  }

  TEST_CASE("Sequential: predict with a workspace allocates nothing, even for smaller batches") {
    Generator random(1);
    const Sequential<float> net = net_of_everything(random);
    const Tensor<float> x = Tensor<float>::randn({256, 28, 28}, random);
    Workspace<float> workspace;
    net.predict(x, workspace);
    CHECK(heap::allocations_in([&] {
            for (const Index batch : {256, 1, 100, 0, 256}) net.predict(x.slice(0, batch), workspace);
          }) == 0);
    CHECK(heap::allocations_in([&] { net.predict(x); }) > 0);
  }

  TEST_CASE("Sequential: the input gradient, zero_grad and double allocate nothing") {
    Generator random(1);
    Sequential<double> net{Linear<double>{33, 65, random}, Tanh<double>{}, Linear<double>{65, 7, random}};
    const Tensor<double> x = Tensor<double>::randn({129, 33}, random),
                         dy = Tensor<double>::randn({129, 7}, random);
    Tensor<double> dx(x.shape());
    const auto pass = [&] {
      net.forward(x);
      net.backward(dy, dx);
      net.zero_grad();
    };
    pass();
    CHECK(heap::allocations_in(pass) == 0);
  }
}
