// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <gradus/core/tensor.hpp>
#include <gradus/nn/module.hpp>

namespace gradus::detail {

/// The buffers and counters of a network as they were before a step, such as running means, which the
/// forward pass of a step that fails has changed already.
template <class Scalar>
class BufferBackup {
 public:
  /// Finds the network's buffers, which must stay where they are.
  template <class Net>
  void watch(Net& net) {
    buffers_.clear();
    counters_.clear();
    nn::visit_buffers(net, [&](std::string_view, Tensor<Scalar>& tensor) {
      buffers_.push_back({&tensor, {}});
    });
    nn::visit_counters(net, [&](std::string_view, std::int64_t& count) { counters_.push_back({&count, 0}); });
  }

  /// Remembers all of them; allocates only the first time.
  void take() {
    for (Saved<Tensor<Scalar>>& saved : buffers_) saved.value = *saved.original;
    for (Saved<std::int64_t>& saved : counters_) saved.value = *saved.original;
  }

  /// Gives the network back what was remembered.
  void restore() const {
    for (const Saved<Tensor<Scalar>>& saved : buffers_) *saved.original = saved.value;
    for (const Saved<std::int64_t>& saved : counters_) *saved.original = saved.value;
  }

 private:
  template <class T>
  struct Saved {
    T* original;
    T value;
  };

  std::vector<Saved<Tensor<Scalar>>> buffers_;
  std::vector<Saved<std::int64_t>> counters_;
};

}  // namespace gradus::detail
