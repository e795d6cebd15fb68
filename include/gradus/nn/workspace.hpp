#pragma once

#include <optional>
#include <utility>

#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>

namespace gradus::nn {

/// The memory of a pass through a whole network: for callers of Sequential::predict who want to allocate
/// once. One thread at a time.
template <FloatOrDouble Scalar = float>
struct Workspace {
  Context context = {};
  Tensor<Scalar> output = {};
};

/// A workspace with what backward needs of the forward before it: the input, none before the first, and the
/// tensor that holds it if nobody else does.
template <FloatOrDouble Scalar = float>
struct TrainingPass : Workspace<Scalar> {
  std::optional<TensorView<const Scalar>> input;
  Tensor<Scalar> kept_input;
};

namespace detail {

/// Memory of a pass inside a value: it does not go with a copy, which starts with none, and leaves nothing
/// behind when it is moved.
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
