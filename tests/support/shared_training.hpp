// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/process_group.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/train/history.hpp>

/// A training run by one or several processes, with dropout and batch normalisation. It is compiled once, in
/// shared_training_float.cpp and shared_training_double.cpp, and does not depend on MPI.
namespace gradus::test {

/// How batches are made: from a data set, by a Loader with a random transform, or by a MixupLoader.
enum class BatchKind { plain, transformed, mixed };

/// The settings of a training run, on which processes may disagree.
struct SharedSettings {
  Index epochs = 1;
  Index accumulation_steps = 1;
  Index samples = 203;
  std::uint64_t data_seed = 1;
  std::uint64_t seed = 7;
  Index hidden = 16;
  Index batch_size = 40;
  double learning_rate = 0.1;
  bool sums_loss = false;           ///< whether the losses of a batch are added up instead of averaged
  Index patience = 0;               ///< epochs until EarlyStopping stops; 0 without it
  bool has_infinite_input = false;  ///< in one sample, which one process has; without batch normalisation
  BatchKind batches = BatchKind::plain;  ///< in double
  /// In double only: the folder for a checkpoint every 3 steps; training continues from the latest one.
  std::filesystem::path checkpoints = {};
  /// In double only: the file for the trained network.
  std::filesystem::path result = {};
  /// Called after each step with the number of the step.
  std::function<void(Index step)> after_step = {};
  /// Called during each validation.
  std::function<void()> in_validation = {};
  /// Called together with the callbacks that save checkpoints, with the number of the step.
  std::function<void(Index step)> at_checkpoint = {};
};

/// The parameters and buffers of the trained network, and the history.
template <class Scalar>
struct SharedResult {
  std::vector<std::pair<std::string, Tensor<Scalar>>> state;
  History history;
};

/// Trains a network. By default, 203 samples in batches of 40 leave a last batch of 3, so a fourth process
/// gets an empty part of it.
template <class Scalar>
SharedResult<Scalar> train_shared(ProcessGroup* processes, const SharedSettings& settings = {});
template <>
SharedResult<float> train_shared(ProcessGroup* processes, const SharedSettings& settings);
template <>
SharedResult<double> train_shared(ProcessGroup* processes, const SharedSettings& settings);

/// Loads the parameters and buffers that a training saved to `result`.
std::vector<std::pair<std::string, Tensor<double>>> load_result(const std::filesystem::path& file);

/// Returns the largest difference between two states, each relative to its tensor's norm.
template <class State>
double distance(const State& a, const State& b) {
  double most = 0;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const auto& x = a.at(i).second;
    const auto& y = b.at(i).second;
    if (x.shape() != y.shape()) return std::numeric_limits<double>::infinity();
    double square = 0, norm = 0;
    for (Index j = 0; j < x.size(); ++j) {
      const auto p = static_cast<double>(x.data()[j]), q = static_cast<double>(y.data()[j]);
      square += (p - q) * (p - q);
      norm += q * q;
    }
    const double ratio = square == 0 ? 0 : std::sqrt(square / norm);  // 0 for two tensors of zeros
    if (!std::isfinite(ratio)) return std::numeric_limits<double>::infinity();
    most = std::max(most, ratio);
  }
  return most;
}

}  // namespace gradus::test
