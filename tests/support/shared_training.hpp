// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/process_group.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/data/dataset.hpp>
#include <gradus/nn/batch_norm.hpp>
#include <gradus/nn/dropout.hpp>
#include <gradus/nn/linear.hpp>
#include <gradus/nn/relu.hpp>
#include <gradus/nn/sequential.hpp>
#include <gradus/nn/softmax_cross_entropy.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train/history.hpp>
#include <gradus/train/metrics.hpp>
#include <gradus/train/trainer.hpp>

/// A training that one or several processes make, with dropout and batch normalisation.
namespace gradus::test {

/// Numbers [N, 6] in three classes, far from 0, where batch statistics lose digits.
template <class Scalar>
Dataset<Scalar> clusters(Index n, std::uint64_t seed = 1) {
  Generator random(seed);
  Dataset<Scalar> data{
      Tensor<Scalar>::randn(Shape{n, 6}, random), Tensor<Index>(Shape{n}), 3, {}, "clusters"};
  for (Index i = 0; i < n; ++i) {
    data.labels(i) = random.below(3);
    for (Index j = 0; j < 6; ++j)
      data.inputs(i, j) += static_cast<Scalar>(5 + (j % 3 == data.labels(i) ? 1 : 0));
  }
  return data;
}

/// What processes may disagree on.
struct SharedSettings {
  Index samples = 203;
  std::uint64_t data_seed = 1;
  std::uint64_t seed = 7;
  Index hidden = 16;
  Index batch_size = 40;
  double learning_rate = 0.1;
};

template <class Scalar>
nn::Sequential<Scalar> shared_network(Index hidden, Generator& random) {
  return nn::Sequential{nn::Linear<Scalar>{6, hidden, random}, nn::BatchNorm1d<Scalar>{hidden}, nn::ReLU{},
                        nn::Dropout{0.3}, nn::Linear<Scalar>{hidden, 3, random}};
}

/// The state of a network: parameters and buffers.
template <class Scalar>
std::vector<std::pair<std::string, Tensor<Scalar>>> state_of(nn::Sequential<Scalar>& net) {
  std::vector<std::pair<std::string, Tensor<Scalar>>> all;
  nn::visit_state(net,
                  [&](std::string_view name, Tensor<Scalar>& tensor) { all.emplace_back(name, tensor); });
  return all;
}

/// The largest difference between two states, each relative to its tensor's norm.
template <class State>
double distance(const State& a, const State& b) {
  double most = 0;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const auto& x = a.at(i).second;
    const auto& y = b.at(i).second;
    double square = 0, norm = 0;
    for (Index j = 0; j < x.size(); ++j) {
      const auto p = static_cast<double>(x.data()[j]), q = static_cast<double>(y.data()[j]);
      square += (p - q) * (p - q);
      norm += q * q;
    }
    most = std::max(most, std::sqrt(square / norm));
  }
  return most;
}

template <class Scalar>
struct SharedResult {
  std::vector<std::pair<std::string, Tensor<Scalar>>> state;
  History history;
};

/// Trains, after `prepare(trainer)`. 203 samples in batches of 40 leave a last batch of 3, of which a fourth
/// process gets nothing.
template <class Scalar, class Prepare>
SharedResult<Scalar> train_shared(ProcessGroup* processes, TrainerOptions options,
                                  const SharedSettings& settings, const Prepare& prepare) {
  const auto train = clusters<Scalar>(settings.samples, settings.data_seed);
  const auto validation = clusters<Scalar>(41, 2);
  Generator random(settings.seed);
  auto net = shared_network<Scalar>(settings.hidden, random);
  // Not Adam: the bias before a BatchNorm1d has a gradient of 0, whose rounding Adam scales to whole steps.
  optim::SGD sgd{net.named_parameters(), {.learning_rate = settings.learning_rate, .momentum = 0.9}};
  options.batch_size = settings.batch_size;
  options.evaluation_batch_size = 20;
  options.clip_norm = 0.5;
  options.processes = processes;
  Trainer trainer{net, nn::SoftmaxCrossEntropy<Scalar>{.class_weights = {1, 2, 3}}, sgd, random, options};
  trainer.add_metric("top 2", [](TensorView<const Scalar> y, std::span<const Index> labels) {
    return top_k_accuracy(y, labels, 2);
  });
  prepare(trainer);
  trainer.fit(train, validation);
  return {state_of(net), trainer.history()};
}

template <class Scalar>
SharedResult<Scalar> train_shared(ProcessGroup* processes, TrainerOptions options = {.epochs = 1}) {
  return train_shared<Scalar>(processes, options, {}, [](auto&) {});
}

}  // namespace gradus::test
