// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/simd/map.hpp>
#include <gradus/core/tensor_view.hpp>

namespace gradus::ops::detail {

/// Computes y = f(x, ...), element by element, for tensors of equal shape: see simd::map.
template <class F, class Scalar, class... Inputs>
void map(const F& f, TensorView<Scalar> y, const Inputs&... x) {
  simd::map(f, y.size(), y.data(), x.data()...);
}

}  // namespace gradus::ops::detail
