// SPDX-License-Identifier: MIT

#pragma once

#include <optional>
#include <utility>

#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>

namespace gradus::nn {

/// The memory of a pass through a whole network. Reuse one across calls of Sequential::predict to allocate
/// only once. One thread at a time may use it.
template <FloatOrDouble Scalar = float>
struct Workspace {
  /// The memory of the modules.
  Context context = {};
  /// The result of the last pass.
  Tensor<Scalar> output = {};
};

/// The memory of a training pass, including what backward needs from forward.
template <FloatOrDouble Scalar = float>
struct TrainingWorkspace : Workspace<Scalar> {
  std::optional<TensorView<const Scalar>> input;  ///< empty unless the last forward succeeded
  Tensor<Scalar> kept_input;                      ///< holds the input if the network owns it
};

namespace detail {

/// Per-pass memory inside a copyable object: copies start empty, moves transfer it.
template <class T>
struct FreshWhenCopied {
  T value{};

  FreshWhenCopied() = default;
  FreshWhenCopied(const FreshWhenCopied&) {}
  FreshWhenCopied(FreshWhenCopied&& other) noexcept : value(std::exchange(other.value, T())) {}
  FreshWhenCopied& operator=(const FreshWhenCopied&) { return *this = FreshWhenCopied(); }
  FreshWhenCopied& operator=(FreshWhenCopied&& other) noexcept {
    value = std::exchange(other.value, T());
    return *this;
  }
  ~FreshWhenCopied() = default;
};

}  // namespace detail
}  // namespace gradus::nn
