// SPDX-License-Identifier: MIT

#pragma once

#include <vector>

#include <gradus/data/dataset.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim/adam.hpp>
#include <gradus/train/trainer.hpp>

namespace gradus::test {

/// Returns the weights after two epochs that use products of every method, short and long softmax rows, and
/// the trainer.
inline std::vector<float> trained_weights(Index classes) {
  Generator random(5);
  nn::Sequential net{nn::Linear{45, 70, random},     nn::BatchNorm1d{70}, nn::Tanh{},
                     nn::Linear{70, 33, random},     nn::GELU{},          nn::Dropout{0.2},
                     nn::Linear{33, classes, random}};
  Tensor<float> inputs(Shape{75, 45});
  std::vector<Index> labels;
  for (float& x : inputs.span()) x = static_cast<float>(random.normal());
  for (Index i = 0; i < 75; ++i) labels.push_back(i % classes);
  optim::Adam adam{net.named_parameters(), {.learning_rate = 0.01}};
  Trainer trainer{net, nn::SoftmaxCrossEntropy{}, adam, random, {.epochs = 2, .batch_size = 32}};
  trainer.fit(Dataset<float, Index>{inputs, Tensor<Index>(Shape{75}, labels)});
  std::vector<float> weights;
  for (const auto& [name, parameter] : net.named_parameters())
    for (const float x : parameter->value.span()) weights.push_back(x);
  return weights;
}

}  // namespace gradus::test
