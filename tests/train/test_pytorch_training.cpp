// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim/adam.hpp>
#include <gradus/optim/clip.hpp>
#include <gradus/optim/sgd.hpp>

// PyTorch's training in double, step by step: the same seed gives the same weights, data, batches and
// dropout.

namespace {

using namespace gradus;

constexpr Index inputs = 7;
constexpr Index hidden = 5;
constexpr Index classes = 3;
constexpr Index samples = 64;
constexpr Index batch_size = 16;
constexpr int steps = 200;

struct Reference {
  double losses[6];
  double parameters[inputs * hidden + hidden + hidden * classes + classes];
};
struct SgdReference {
  std::string_view activation;
  double dropout;
  optim::SGDOptions options;
  Reference reference;
};

#include "../reference/training.inc"

nn::AnyModule<double> activation(std::string_view name) {
  if (name == "Sigmoid") return nn::Sigmoid<double>{};
  if (name == "Tanh") return nn::Tanh<double>{};
  return nn::ReLU<double>{};
}

struct Training {
  std::vector<double> losses;
  std::vector<double> parameters;
};

nn::Sequential<double> network(Generator& random, nn::AnyModule<double> activation, double dropout) {
  nn::Sequential<double> net;
  net.push_back(nn::Linear<double>(inputs, hidden, random));
  net.push_back(std::move(activation));
  net.push_back(nn::Dropout<double>(dropout));
  net.push_back(nn::Linear<double>(hidden, classes, random));
  return net;
}

const auto unclipped = [](const auto&) {};

template <class Optimizer, class Clip>
Training train(nn::Sequential<double>& net, Optimizer optimizer, Clip clip, Generator& random) {
  const auto x = Tensor<double>::uniform({samples, inputs}, random, -1, 1);
  std::vector<Index> labels(samples);
  for (Index& label : labels) label = random.below(classes);

  const nn::SoftmaxCrossEntropy<double> loss;
  Tensor<double> batch(Shape{batch_size, inputs});
  std::vector<Index> batch_labels(batch_size);
  Tensor<double> gradient(Shape{batch_size, classes});
  Training result;
  while (result.losses.size() < steps) {
    const std::vector<Index> order = random.permutation(samples);
    for (Index first = 0; first < samples; first += batch_size) {
      for (Index i = 0; i < batch_size; ++i) {
        const Index row = order[static_cast<std::size_t>(first + i)];
        std::copy_n(x.data() + row * inputs, inputs, batch.data() + i * inputs);
        batch_labels[static_cast<std::size_t>(i)] = labels[static_cast<std::size_t>(row)];
      }
      const auto& logits = net.forward(batch, random);
      result.losses.push_back(loss(logits, batch_labels, gradient).loss);
      net.backward(gradient);
      clip(net.named_parameters());
      optimizer.step();
    }
  }
  for (const auto& parameter : net.named_parameters()) {
    std::ranges::copy(parameter->value.span(), std::back_inserter(result.parameters));
  }
  return result;
}

void check(const Training& training, const Reference& reference) {
  for (std::size_t i = 0; i < std::size(stored_losses); ++i) {
    const int step = stored_losses[i];
    const double loss = training.losses[static_cast<std::size_t>(step - 1)];
    const double expected = reference.losses[i];
    CHECK_MESSAGE(std::abs(loss - expected) <= 1e-10 * expected, "loss of step ", step, ": ", loss,
                  ", expected ", expected);
  }
  REQUIRE(training.parameters.size() == std::size(reference.parameters));
  for (std::size_t i = 0; i < training.parameters.size(); ++i) {
    const double got = training.parameters[i];
    const double expected = reference.parameters[i];
    CHECK_MESSAGE(std::abs(got - expected) <= 1e-10 * std::abs(expected), "parameter ", i, ": ", got,
                  ", expected ", expected);
  }
}

}  // namespace

TEST_CASE("SGD: 200 steps of training equal PyTorch's to 1e-10") {
  std::uint64_t seed = 0;
  for (const SgdReference& run : sgd_references) {
    CAPTURE(seed);
    CAPTURE(run.activation);
    Generator random(seed++);
    auto net = network(random, activation(run.activation), run.dropout);
    optim::SGD<double> sgd(net.named_parameters(), run.options);
    check(train(net, std::move(sgd), unclipped, random), run.reference);
  }
}

TEST_CASE("Adam, SGD: 200 steps of training, the latter with clipping, equal PyTorch's to 1e-10") {
  std::uint64_t seed = 0;
  // Constructs the optimiser, trains, and compares with the next of the stored runs.
  const auto run = [&](auto make_optimizer, auto clip) {
    CAPTURE(seed);
    const Reference& reference = other_references[seed];
    Generator random(seed++);
    auto net = network(random, nn::Tanh<double>{}, 0);
    check(train(net, make_optimizer(net.named_parameters()), clip, random), reference);
  };
  using namespace optim;
  run([](auto p) { return Adam<double>(p, {.learning_rate = 0.01, .weight_decay = 1e-3}); }, unclipped);
  const auto sgd = [](auto p) { return SGD<double>(p, {.learning_rate = 1}); };
  run(sgd, [](const auto& p) { clip_grad_norm(p, 0.1); });
  run(sgd, [](const auto& p) { clip_grad_value(p, 0.01); });
  CHECK(seed == std::size(other_references));
}
