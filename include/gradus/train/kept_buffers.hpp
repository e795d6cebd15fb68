// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <gradus/core/tensor.hpp>
#include <gradus/nn/module.hpp>

namespace gradus::detail {

/// Copies of a network's buffers, such as running means, to be restored if a step fails: a forward pass moves
/// the buffers before the loss is known.
template <class Scalar>
class KeptBuffers {
 public:
  /// Finds the buffers of a network, which must outlive this.
  template <class Net>
  void find(Net& net) {
    buffers_.clear();
    nn::visit_buffers(net, [&](std::string_view, Tensor<Scalar>& tensor) { buffers_.push_back(&tensor); });
    copies_.resize(buffers_.size());
  }
  /// Copies all buffers; allocates only the first time.
  void keep() {
    for (std::size_t i = 0; i < buffers_.size(); ++i) copies_[i] = *buffers_[i];
  }
  /// Undoes what has happened to the buffers since keep().
  void restore() const {
    for (std::size_t i = 0; i < buffers_.size(); ++i) *buffers_[i] = copies_[i];
  }

 private:
  std::vector<Tensor<Scalar>*> buffers_;
  std::vector<Tensor<Scalar>> copies_;
};

}  // namespace gradus::detail
