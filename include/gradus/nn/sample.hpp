// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>

#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/simd/map.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/nn/nesting.hpp>

/// The path of one sample, `[1, in] -> [1, out]`, through a sequence of modules. Pointers and sizes replace
/// views and shapes, whose construction takes longer than a layer of 16 units.
namespace gradus::nn::detail {

template <class M, class Scalar>
concept HasForwardSample = requires(const M& module, std::span<const Scalar> x, std::span<Scalar> y,
                                    Context& context) {
  { module.forward_sample(x, y, context) } -> std::same_as<Index>;
};

/// Computes y = f(x) element by element. Returns the number of outputs, or -1 if y is too small.
template <class F, class Scalar>
Index map_sample(const F& f, std::span<const Scalar> x, std::span<Scalar> y) {
  if (x.size() > y.size()) return -1;
  const auto size = static_cast<Index>(x.size());
  simd::map(f, size, y.data(), x.data());
  return size;
}

/// Copies x to y. Returns the number of outputs, or -1 if y is too small.
template <class Scalar>
Index copy_sample(std::span<const Scalar> x, std::span<Scalar> y) {
  if (x.size() > y.size()) return -1;
  std::ranges::copy(x, y.begin());
  return static_cast<Index>(x.size());
}

/// Computes the output of child `i` of a container for one sample. Returns the number of outputs, or -1 if y
/// is too small or the output is not `[1, out]`. May throw ShapeError for a wrong input.
template <class Scalar, class M>
Index forward_sample(const M& module, std::span<const Scalar> x, std::span<Scalar> y, Context& container,
                     Index i) {
  if constexpr (HasForwardSample<M, Scalar>) {
    return module.forward_sample(x, y, container);
  } else {
    const NestedCall level;
    const Shape in{1, static_cast<Index>(x.size())}, out = module.output_shape(in);
    if (out.rank() != 2 || out[0] != 1 || to_size(out.size()) > y.size()) return -1;
    module.forward(TensorView<const Scalar>(x.data(), in), TensorView<Scalar>(y.data(), out),
                   container.child(i));
    return out.size();
  }
}

/// Reserves the two buffers between which the values of `predict_sample` alternate, given the outputs that
/// the last pass recorded. Does nothing unless each is `[1, out]`, so that `predict_sample` returns false.
template <class Scalar>
void reserve_sample(Context& context) {
  Index widest = 0;
  const auto children = static_cast<Index>(context.outputs().size());
  for (const Context::Output& output : context.outputs()) {
    if (output.shape.rank() != 2 || output.shape[0] != 1) return;
    widest = std::max(widest, output.shape.size());
  }
  for (Index turn = 0; turn < 2; ++turn) context.buffer<Scalar>(children + turn, Shape{widest});
}

/// Writes the output for one sample to y, which has the shape of the last output. Returns false, with y
/// unspecified, if the modules or the memory of `context` do not allow it; a whole pass then does the work.
template <class Child, class Scalar>
bool predict_sample(std::span<const Child> children, std::span<const Scalar> x, Tensor<Scalar>& y,
                    Context& context) {
  const auto count = static_cast<Index>(children.size());
  if (count == 0 || y.rank() != 2 || y.shape()[0] != 1) return false;
  try {
    std::span<const Scalar> in = x;
    for (Index i = 0; i < count; ++i) {
      const std::span<Scalar> out = i + 1 == count ? std::span<Scalar>(y.data(), to_size(y.size()))
                                                   : context.allocated<Scalar>(count + i % 2);
      const Index size = children[to_size(i)].forward_sample(in, out, context, i);
      if (size < 0) return false;
      in = out.first(to_size(size));
    }
    return in.size() == to_size(y.size());
  } catch (const ShapeError&) {
    return false;  // the whole pass names the layer
  }
}

}  // namespace gradus::nn::detail
