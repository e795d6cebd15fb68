// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/nn/module.hpp>

namespace gradus {

/// A copy of a network's parameters, buffers and counters in memory, without names.
template <class Scalar = float>
class Snapshot {
 public:
  Snapshot() = default;
  /// Copies the current state of a network.
  template <class Net>
  explicit Snapshot(const Net& net) {
    take(net);
  }

  /// Copies the current state of a network, allocating only the first time.
  template <class Net>
  void take(const Net& net) {
    std::size_t count = 0;
    nn::visit_state(net, [&](std::string_view, const Tensor<Scalar>& tensor) {
      if (count == tensors_.size()) tensors_.emplace_back();
      tensors_[count++] = tensor;
    });
    tensors_.resize(count);
    counts_.clear();
    nn::visit_counters(net, [&](std::string_view, const std::int64_t& n) { counts_.push_back(n); });
  }

  /// Restores the copied state. Throws ShapeError, and changes nothing, unless the network's tensors have the
  /// same shapes.
  template <class Net>
  void restore(Net& net) const {
    std::size_t count = 0;
    nn::visit_state(std::as_const(net), [&](std::string_view, const Tensor<Scalar>& tensor) {
      if (count == tensors_.size() || tensors_[count].shape() != tensor.shape()) throw_different_tensors();
      ++count;
    });
    std::size_t counters = 0;
    nn::visit_counters(std::as_const(net), [&](std::string_view, const std::int64_t&) { ++counters; });
    if (count != tensors_.size() || counters != counts_.size()) throw_different_tensors();
    count = counters = 0;
    nn::visit_state(net, [&](std::string_view, Tensor<Scalar>& tensor) { tensor = tensors_[count++]; });
    nn::visit_counters(net, [&](std::string_view, std::int64_t& n) { n = counts_[counters++]; });
  }

  /// Saves or loads the copied state: see train/archive.hpp.
  template <class Archive>
  void serialize(Archive& archive) {
    archive("tensors", tensors_);
    archive("counts", counts_);
  }

 private:
  [[noreturn]] static void throw_different_tensors() {
    throw ShapeError("Snapshot: the network has other tensors than the one that was remembered");
  }

  std::vector<Tensor<Scalar>> tensors_;
  std::vector<std::int64_t> counts_;
};

}  // namespace gradus
