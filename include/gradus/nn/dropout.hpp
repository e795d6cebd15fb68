// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <span>
#include <string>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/process_group.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/nn/sample.hpp>
#include <gradus/ops/dropout.hpp>

namespace gradus::nn {

/// Dropout (Srivastava et al., 2014): in training, zeroes each element with probability p and scales the
/// others by 1/(1-p); otherwise the identity. Any shape.
template <class Scalar = float>
class Dropout {
 public:
  /// Throws ArgumentError unless 0 <= p <= 1.
  explicit Dropout(double p = 0.5) : p_(p) {
    if (!(p >= 0 && p <= 1)) {
      throw ArgumentError("Dropout: probability is " + format_shortest(p) + ", expected a number in [0, 1]");
    }
  }

  /// Returns the probability that an element is dropped.
  double p() const { return p_; }
  /// Returns x: the output has the same shape as the input.
  Shape output_shape(const Shape& x) const { return x; }
  /// Returns whether forward would merely copy its input.
  bool is_identity(const Context& context) const { return !context.training() || !(p_ > 0); }

  /// Writes y = m x / (1 - p), m ~ Bernoulli(1 - p) in training; y = x otherwise.
  void forward(TensorView<const Scalar> x, TensorView<Scalar> y, Context& context) const {
    if (is_identity(context)) {
      std::copy_n(x.data(), x.size(), y.data());
      return;
    }
    const TensorView<Scalar> mask = context.buffer<Scalar>(mask_slot, x.shape());
    draw(context, mask);
    ops::dropout<Scalar>(x, mask, p_, y);
  }

  /// Writes y for one sample. Returns its size, or -1 if y is too small.
  Index forward_sample(std::span<const Scalar> x, std::span<Scalar> y, Context& context) const {
    return is_identity(context) ? detail::copy_sample(x, y) : -1;
  }

  /// Writes dL/dx = m dL/dy / (1 - p) in training; dL/dx = dL/dy otherwise.
  void backward(TensorView<const Scalar>, TensorView<const Scalar>, TensorView<const Scalar> dy,
                TensorView<Scalar> dx, Context& context) const {
    if (is_identity(context)) {
      std::copy_n(dy.data(), dy.size(), dx.data());
      return;
    }
    ops::dropout_backward<Scalar>(dy, context.buffer<Scalar>(mask_slot, dy.shape()), p_, dx);
  }

  /// Returns the same module for another scalar type.
  template <class Other>
  Dropout<Other> cast() const {
    return Dropout<Other>(p_);
  }
  /// Returns the name used in messages and summaries.
  std::string name() const { return "Dropout(" + format_general(p_) + ")"; }

 private:
  static constexpr Index mask_slot = 0;

  // The rows of a shared batch have the masks that they would have if one process had all of them.
  void draw(const Context& context, TensorView<Scalar> mask) const {
    const SharedBatch& shared = context.shared();
    if (shared.processes == nullptr) {
      ops::dropout_mask(p_, context.random(), mask);
      return;
    }
    const Index rows = mask.shape()[0], row = mask.shape().with(0, 1).size();
    ops::dropout_mask(p_, context.random(), mask, shared.first * row,
                      (shared.rows - shared.first - rows) * row);
  }

  double p_;
};

}  // namespace gradus::nn
