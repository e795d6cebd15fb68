// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/any_module.hpp>
#include <gradus/nn/context.hpp>

namespace gradus::nn::detail {

/// User callbacks that run for every child in every pass.
template <class Scalar>
struct Hooks {
  using Forward = std::function<void(Index child, TensorView<const Scalar> x, TensorView<const Scalar> y)>;
  using Backward = std::function<void(Index child, TensorView<const Scalar> dy, TensorView<const Scalar> dx)>;

  std::vector<Forward> forward = {};
  std::vector<Backward> backward = {};
};

/// Returns the output shape of child i. Throws a ShapeError that names the child.
template <class Scalar>
Shape child_output_shape(const AnyModule<Scalar>& child, Index i, const Shape& x) {
  try {
    return child.output_shape(x);
  } catch (const ShapeError& error) {
    throw ShapeError("Sequential: layer " + std::to_string(i) + ": " + error.what());
  }
}

/// A pass through a sequence of modules: `plan`, `run`, then `backward` or `accumulate`. `Child` is
/// `AnyModule<Scalar>`, or const for a pass that does not modify the modules.
///
/// All memory is in the context. Buffer i holds the output of child i, and two further buffers alternate
/// between the gradients of the outputs. The last child writes directly to the output of the pass. `plan`
/// records which child writes each output, so that `backward` does not have to query the modules again.
template <class Child>
class Chain {
 public:
  using Scalar = typename Child::scalar_type;
  using View = TensorView<Scalar>;
  using ConstView = TensorView<const Scalar>;

  /// Refers to its arguments, which must outlive the chain.
  Chain(std::span<Child> children, const Hooks<Scalar>& hooks, Context& context)
      : children_(children), hooks_(&hooks), context_(&context) {}

  Index size() const { return static_cast<Index>(children_.size()); }

  /// Records the shape and the writer of each child's output, and returns the last shape. Throws ShapeError.
  Shape plan(const Shape& x) const;

  // y = f_n(... f_2(f_1(x)))
  void run(const ConstView& x, const View& y) const;

  // dL/dx = J_1^T ... J_n^T dL/dy
  void backward(const ConstView& x, const ConstView& y, const ConstView& dy, const View& dx) const;

  /// Does what `backward` does and adds to the gradient of every parameter that is not frozen. If dx is null,
  /// stops at the first child that has such a parameter.
  void accumulate(const ConstView& x, const ConstView& y, const ConstView& dy, const View& dx) const;

  /// Updates the modules after a training forward.
  void update() const {
    for (Index i = 0; i < size(); ++i) child(i).update(context_->child(i));
  }

  /// Returns the output of child i in the pass from x to y, or x itself if i is -1.
  ConstView output(Index i, const ConstView& x, const ConstView& y) const {
    if (i < 0) return x;
    const auto& [shape, writer] = planned(i);
    if (writer == input) return ConstView(x.data(), shape);
    if (writer + 1 == size()) return y;
    return context_->buffer<Scalar>(writer, shape);
  }

 private:
  static constexpr Index input = -1;  // the writer of an output that is still x

  Child& child(Index i) const { return children_[to_size(i)]; }
  Context::Output& planned(Index i) const { return context_->outputs()[to_size(i)]; }
  bool writes(Index i) const { return planned(i).writer == i; }

  /// Calls `step(child, x, y, dy, dx, context)` for each child from the last down to `first`.
  template <class Step>
  void sweep_back(Index first, const ConstView& x, const ConstView& y, const ConstView& dy, const View& dx,
                  const Step& step) const {
    ConstView above = dy;
    Index turn = 0;
    for (Index i = size() - 1; i >= first; --i) {
      const ConstView in = output(i - 1, x, y);
      ConstView below(above.data(), in.shape());
      if (writes(i)) {
        const bool wanted = i > first || !dx.is_null();
        const View written = i == 0    ? dx
                             : !wanted ? View{}
                                       : context_->buffer<Scalar>(size() + turn, in.shape());
        step(child(i), in, output(i, x, y), above, written, context_->child(i));
        below = written;
        turn = 1 - turn;
      }
      for (const auto& hook : hooks_->backward) hook(i, above, below);
      above = below;
    }
    if (!dx.is_null() && above.data() != dx.data()) std::copy_n(above.data(), above.size(), dx.data());
  }

  std::span<Child> children_;
  const Hooks<Scalar>* hooks_;
  Context* context_;
};

// Defined outside the class so that they are not inline: gradus/compiled.hpp declares them `extern`.

template <class Child>
Shape Chain<Child>::plan(const Shape& x) const {
  context_->outputs().resize(children_.size());
  Shape shape = x;
  Index writer = input;
  for (Index i = 0; i < size(); ++i) {
    shape = child_output_shape<Scalar>(child(i), i, shape);
    if (i + 1 == size() || !child(i).is_identity(context_->child(i))) writer = i;
    planned(i) = {shape, writer};
  }
  return shape;
}

template <class Child>
void Chain<Child>::run(const ConstView& x, const View& y) const {
  if (size() == 0) std::copy_n(x.data(), x.size(), y.data());
  ConstView in = x;
  for (Index i = 0; i < size(); ++i) {
    const Shape& shape = planned(i).shape;
    ConstView out(in.data(), shape);
    if (writes(i)) {
      const View written = i + 1 == size() ? y : context_->buffer<Scalar>(i, shape);
      child(i).forward(in, written, context_->child(i));
      out = written;
    }
    for (const auto& hook : hooks_->forward) hook(i, in, out);
    in = out;
  }
}

template <class Child>
void Chain<Child>::backward(const ConstView& x, const ConstView& y, const ConstView& dy,
                            const View& dx) const {
  sweep_back(0, x, y, dy, dx, [](const Child& child, auto&&... pass) { child.backward(pass...); });
}

template <class Child>
void Chain<Child>::accumulate(const ConstView& x, const ConstView& y, const ConstView& dy,
                              const View& dx) const {
  const auto trained =
      std::ranges::find_if(children_, [](Child& child) { return child.has_trainable_parameters(); });
  sweep_back(dx.is_null() ? trained - children_.begin() : 0, x, y, dy, dx,
             [](Child& child, auto&&... pass) { child.accumulate(pass...); });
}

}  // namespace gradus::nn::detail
