// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <gradus/core/tensor.hpp>
#include <gradus/nn/module.hpp>

namespace gradus::detail {

/// Copies of a network's buffers and counters, such as running means, to restore them if a step fails after
/// its forward pass has changed them.
template <class Scalar>
class BufferBackup {
 public:
  /// Collects the buffers and counters of a network, which must outlive this object.
  template <class Net>
  void watch(Net& net) {
    buffers_.clear();
    counters_.clear();
    nn::visit_buffers(net, [&](std::string_view, Tensor<Scalar>& tensor) {
      buffers_.push_back({&tensor, {}});
    });
    nn::visit_counters(net, [&](std::string_view, std::int64_t& count) { counters_.push_back({&count, 0}); });
  }

  /// Copies all of them, allocating only the first time.
  void take() {
    for (Saved<Tensor<Scalar>>& saved : buffers_) saved.value = *saved.original;
    for (Saved<std::int64_t>& saved : counters_) saved.value = *saved.original;
  }

  /// Restores the copies.
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
