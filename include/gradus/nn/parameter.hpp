// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <utility>

#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/gradient.hpp>

namespace gradus::nn {

/// A learnable tensor and the gradient of the loss with respect to it, which has the same shape. Backward
/// passes add to the gradient; the optimiser's step uses it and sets it to zero.
template <FloatOrDouble Scalar = float>
struct Parameter {
  /// The values that the module computes with.
  Tensor<Scalar> value;
  /// The gradient, evaluated lazily: see grad().
  Gradient<Scalar> gradient;
  /// Whether training changes the value. If not, the parameter is frozen: backward passes compute no gradient
  /// for it, clipping does not count it and optimisers leave it alone. See nn/freeze.hpp.
  bool requires_grad = true;

  Parameter() = default;
  /// Starts with a value and a gradient of zeros.
  explicit Parameter(Tensor<Scalar> initial) : value(std::move(initial)), gradient(value.shape()) {}

  /// The gradient's numbers, to read and to write. Not from several threads at once: the first call after a
  /// backward pass may have to work them out.
  Tensor<Scalar>& grad() & { return gradient.numbers(); }
  /// A copy of them.
  Tensor<Scalar> grad() const& { return gradient.numbers(); }
  /// Also where the value has been given another shape.
  void zero_grad() { gradient.set_zero(value.shape()); }
};

/// A parameter of a network and the path to it, `0.weight`; valid as long as the network neither dies nor
/// grows.
template <FloatOrDouble Scalar = float>
struct NamedParameter {
  /// The path, such as `0.weight`.
  std::string name = {};
  /// The parameter in the network.
  Parameter<Scalar>* parameter = nullptr;

  /// @{
  /// Refers to the parameter.
  Parameter<Scalar>* operator->() const { return parameter; }
  Parameter<Scalar>& operator*() const { return *parameter; }
  /// @}
};

/// A tensor that is part of a module's state but not trained, such as a running mean.
template <FloatOrDouble Scalar = float>
struct NamedBuffer {
  /// The path, such as `1.running_mean`.
  std::string name = {};
  /// The tensor in the network.
  Tensor<Scalar>* tensor = nullptr;

  /// @{
  /// Refers to the tensor.
  Tensor<Scalar>* operator->() const { return tensor; }
  Tensor<Scalar>& operator*() const { return *tensor; }
  /// @}
};

}  // namespace gradus::nn
