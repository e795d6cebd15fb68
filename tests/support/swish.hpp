// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>

#include <gradus/nn/context.hpp>
#include <gradus/nn/parameter.hpp>

/// Modules as a user of the library would write them; they are not registered, and nothing in gradus refers
/// to them.
namespace third_party {

/// A module that computes x sigmoid(x).
template <class Scalar = float>
struct Swish {
  gradus::Shape output_shape(const gradus::Shape& x) const { return x; }
  void forward(gradus::TensorView<const Scalar> x, gradus::TensorView<Scalar> y, gradus::nn::Context&) const {
    y.array() = x.array() / (1 + (-x.array()).exp());
  }
  // dL/dx = dL/dy s (1 + x - y), s = sigmoid(x)
  void backward(gradus::TensorView<const Scalar> x, gradus::TensorView<const Scalar> y,
                gradus::TensorView<const Scalar> dy, gradus::TensorView<Scalar> dx,
                gradus::nn::Context&) const {
    dx.array() = dy.array() * (1 + x.array() - y.array()) / (1 + (-x.array()).exp());
  }
};

/// A module that computes y = s x with one trainable number s.
template <class Scalar = float>
struct Scale {
  gradus::nn::Parameter<Scalar> factor{gradus::Tensor<Scalar>{Scalar(1.5)}};

  gradus::Shape output_shape(const gradus::Shape& x) const { return x; }
  void forward(gradus::TensorView<const Scalar> x, gradus::TensorView<Scalar> y, gradus::nn::Context&) const {
    y.array() = factor.value(0) * x.array();
  }
  void backward(gradus::TensorView<const Scalar>, gradus::TensorView<const Scalar>,
                gradus::TensorView<const Scalar> dy, gradus::TensorView<Scalar> dx,
                gradus::nn::Context&) const {
    dx.array() = factor.value(0) * dy.array();
  }
  void gradient(gradus::TensorView<const Scalar> x, gradus::TensorView<const Scalar> dy,
                gradus::nn::Context&) {
    factor.grad()(0) += (x.array() * dy.array()).sum();
  }
  template <class F>
  void visit(F&& f) {
    f("factor", factor);
  }
};

}  // namespace third_party
