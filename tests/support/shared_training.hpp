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

/// A training that one or several processes make, with dropout and batch normalisation. It is compiled once,
/// in shared_training_float.cpp and shared_training_double.cpp, and knows nothing of MPI.
namespace gradus::test {

/// How batches are made: from a data set, by a Loader with a random transform, or by a MixupLoader.
enum class BatchKind { plain, transformed, mixed };

/// What processes may disagree on, and what is done in a training.
struct SharedSettings {
  Index epochs = 1;
  Index accumulation_steps = 1;
  Index samples = 203;
  std::uint64_t data_seed = 1;
  std::uint64_t seed = 7;
  Index hidden = 16;
  Index batch_size = 40;
  double learning_rate = 0.1;
  bool sums_loss = false;           ///< adds the losses of a batch up instead of averaging them
  Index patience = 0;               ///< epochs until EarlyStopping stops; 0 without it
  bool has_infinite_input = false;  ///< in one sample, which one process has; without batch normalisation
  BatchKind batches = BatchKind::plain;  ///< in double
  /// In double: saves a checkpoint there every 3 steps, and continues from the last one.
  std::filesystem::path checkpoints = {};
  /// In double: saves the trained network there.
  std::filesystem::path result = {};
  /// Is called after each step with its number.
  std::function<void(Index step)> after_step = {};
  /// Is called during each validation.
  std::function<void()> in_validation = {};
  /// Is called with the other callbacks that save checkpoints, with the number of the step.
  std::function<void(Index step)> at_checkpoint = {};
};

/// Parameters and buffers of the network, and what each epoch reached.
template <class Scalar>
struct SharedResult {
  std::vector<std::pair<std::string, Tensor<Scalar>>> state;
  History history;
};

/// 203 samples in batches of 40 leave a last batch of 3, of which a fourth process gets nothing.
template <class Scalar>
SharedResult<Scalar> train_shared(ProcessGroup* processes, const SharedSettings& settings = {});
template <>
SharedResult<float> train_shared(ProcessGroup* processes, const SharedSettings& settings);
template <>
SharedResult<double> train_shared(ProcessGroup* processes, const SharedSettings& settings);

/// Loads what a training saved as its result.
std::vector<std::pair<std::string, Tensor<double>>> load_result(const std::filesystem::path& file);

/// The largest difference between two states, each relative to its tensor's norm.
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
