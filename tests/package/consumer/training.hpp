// SPDX-License-Identifier: MIT

#pragma once

#include <vector>

#include <gradus/gradus.hpp>

/// Trains a small network on bytes and returns all its weights. Each translation unit has its own copy.
static std::vector<float> trained_weights() {
  using namespace gradus;
  constexpr Index samples = 64;
  Dataset<> data;
  data.inputs = Tensor<std::uint8_t>(Shape{samples, 6, 6});
  data.labels = Tensor<Index>(Shape{samples});
  data.classes = 3;
  Generator random(1);
  for (std::uint8_t& pixel : data.inputs) pixel = static_cast<std::uint8_t>(random.below(256));
  for (Index& label : data.labels) label = random.below(3);

  nn::Sequential net{nn::Flatten{}, nn::Linear{36, 32, random}, nn::ReLU{}, nn::Linear{32, 3, random}};
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1, .momentum = 0.9}};
  Trainer trainer{net, nn::SoftmaxCrossEntropy{}, sgd, random, {.epochs = 3, .batch_size = 24}};
  trainer.fit(data, data);
  std::vector<float> weights;
  for (const auto& parameter : net.named_parameters())
    weights.insert(weights.end(), parameter->value.begin(), parameter->value.end());
  return weights;
}
