// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <utility>

#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/gradient.hpp>

namespace gradus::nn {

/// A trainable tensor and the gradient of the loss with respect to it, which has the same shape. Backward
/// passes add to the gradient; the optimiser's step consumes it and sets it to zero.
template <FloatOrDouble Scalar = float>
struct Parameter {
  /// The values that the module computes with.
  Tensor<Scalar> value;
  /// The gradient, evaluated lazily: see grad().
  Gradient<Scalar> gradient;
  /// Whether training changes the value. If false, the parameter is frozen: backward passes compute no
  /// gradient for it, and clipping and optimisers ignore it. See nn/freeze.hpp.
  bool requires_grad = true;

  Parameter() = default;
  /// Takes the initial value. The gradient is zero.
  explicit Parameter(Tensor<Scalar> initial) : value(std::move(initial)), gradient(value.shape()) {}

  /// Returns the gradient, which may be modified. Not thread-safe: the first call after a backward pass may
  /// have to compute it.
  Tensor<Scalar>& grad() & { return gradient.numbers(); }
  /// Returns a copy of the gradient.
  Tensor<Scalar> grad() const& { return gradient.numbers(); }
  /// Sets the gradient to zeros of the value's current shape.
  void zero_grad() { gradient.set_zero(value.shape()); }
};

/// A parameter of a network and its path. Valid until the network is destroyed or a module is added to it.
template <FloatOrDouble Scalar = float>
struct NamedParameter {
  /// The path, such as `0.weight`.
  std::string name = {};
  /// The parameter in the network.
  Parameter<Scalar>* parameter = nullptr;

  /// @{
  /// Returns the parameter.
  Parameter<Scalar>* operator->() const { return parameter; }
  Parameter<Scalar>& operator*() const { return *parameter; }
  /// @}
};

/// A tensor that is part of a module's state but is not trained, such as a running mean.
template <FloatOrDouble Scalar = float>
struct NamedBuffer {
  /// The path, such as `1.running_mean`.
  std::string name = {};
  /// The tensor in the network.
  Tensor<Scalar>* tensor = nullptr;

  /// @{
  /// Returns the tensor.
  Tensor<Scalar>* operator->() const { return tensor; }
  Tensor<Scalar>& operator*() const { return *tensor; }
  /// @}
};

}  // namespace gradus::nn
