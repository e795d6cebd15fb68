#pragma once

#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>

namespace gradus::nn {

/// The memory of a pass through a whole network: for callers of Sequential::predict who want to allocate
/// once. One thread at a time.
template <class Scalar = float>
struct Workspace {
  Context context;
  Tensor<Scalar> output;
};

/// A workspace with what backward needs of the forward before it: the input, null before the first, and the
/// tensor that holds it if nobody else does.
template <class Scalar = float>
struct TrainingPass : Workspace<Scalar> {
  TensorView<const Scalar> input;
  Tensor<Scalar> kept_input;
};

namespace detail {

/// Memory of a pass inside a value: it does not go with a copy, which starts with none.
template <class T>
struct FreshWhenCopied {
  T value;

  FreshWhenCopied() = default;
  FreshWhenCopied(const FreshWhenCopied&) {}
  FreshWhenCopied(FreshWhenCopied&&) noexcept = default;
  FreshWhenCopied& operator=(const FreshWhenCopied&) { return *this = FreshWhenCopied(); }
  FreshWhenCopied& operator=(FreshWhenCopied&&) noexcept = default;
  ~FreshWhenCopied() = default;
};

}  // namespace detail
}  // namespace gradus::nn
