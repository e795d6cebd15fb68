#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/nn.hpp>
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

struct TrainingReference {
  std::string_view activation;
  double dropout;
  optim::SgdOptions options;
  double losses[6];
  double parameters[inputs * hidden + hidden + hidden * classes + classes];
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

Training train(std::uint64_t seed, const TrainingReference& reference) {
  Generator random(seed);
  nn::Sequential<double> net;
  net.push_back(nn::Linear<double>(inputs, hidden, random));
  net.push_back(activation(reference.activation));
  net.push_back(nn::Dropout<double>(reference.dropout));
  net.push_back(nn::Linear<double>(hidden, classes, random));
  const auto x = Tensor<double>::uniform({samples, inputs}, random, -1, 1);
  std::vector<Index> labels(samples);
  for (Index& label : labels) label = random.below(classes);

  optim::SGD<double> optimizer(net.named_parameters(), reference.options);
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
      optimizer.step();
    }
  }
  for (const auto& parameter : net.named_parameters()) {
    std::ranges::copy(parameter->value.span(), std::back_inserter(result.parameters));
  }
  return result;
}

}  // namespace

TEST_CASE("200 steps of SGD agree with PyTorch to 1e-10") {
  std::uint64_t seed = 0;
  for (const TrainingReference& reference : training_references) {
    CAPTURE(seed);
    CAPTURE(reference.activation);
    const Training training = train(seed++, reference);

    for (std::size_t i = 0; i < std::size(stored_losses); ++i) {
      const int step = stored_losses[i];
      const double loss = training.losses[static_cast<std::size_t>(step - 1)];
      CHECK_MESSAGE(std::abs(loss - reference.losses[i]) <= 1e-10 * reference.losses[i], "loss of step ",
                    step, ": ", loss, ", expected ", reference.losses[i]);
    }
    REQUIRE(training.parameters.size() == std::size(reference.parameters));
    for (std::size_t i = 0; i < training.parameters.size(); ++i) {
      const double expected = reference.parameters[i];
      CHECK_MESSAGE(std::abs(training.parameters[i] - expected) <= 1e-10 * std::abs(expected), "parameter ",
                    i, ": ", training.parameters[i], ", expected ", expected);
    }
  }
}
