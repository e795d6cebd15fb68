// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>

#include <gradus/core/error.hpp>
#include <gradus/nn/context.hpp>

namespace gradus::nn {

/// Makes a vector of each sample: `[N, ...] -> [N, product of the rest]`. In a Sequential it only relabels a
/// view.
template <class Scalar = float>
struct Flatten {
  Shape output_shape(const Shape& x) const {
    if (x.rank() == 0) throw ShapeError("Flatten: input has shape [], expected [N, ...]");
    return Shape{x[0], x.without_first().size()};
  }
  bool is_identity(const Context&) const { return true; }

  // y = x, row-major order kept
  void forward(TensorView<const Scalar> x, TensorView<Scalar> y, Context&) const {
    std::copy_n(x.data(), x.size(), y.data());
  }

  // dL/dx = dL/dy
  void backward(TensorView<const Scalar>, TensorView<const Scalar>, TensorView<const Scalar> dy,
                TensorView<Scalar> dx, Context&) const {
    std::copy_n(dy.data(), dy.size(), dx.data());
  }

  template <class Other>
  Flatten<Other> cast() const {
    return {};
  }
};

}  // namespace gradus::nn
