// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>

#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/pack.hpp>
#include <gradus/core/simd/sum_map.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/broadcast.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/axis_sums.hpp>
#include <gradus/ops/detail/strided.hpp>

/// Euclidean norms. Squares are summed in double, where squares of floats neither overflow nor underflow;
/// doubles are scaled by a power of 2 if their squares would. Any NaN makes the norm NaN.
namespace gradus::ops {

/// The norm `value * 2^exponent`, which may be too large for a double. `exponent` is 0 unless the sum of
/// squares leaves the range of double.
struct ScaledNorm {
  /// The norm divided by 2^exponent.
  double value = 0;
  /// The exponent of the power of 2 that was divided out.
  int exponent = 0;

  /// Returns the norm, or infinity if a double cannot hold it.
  double norm() const { return std::ldexp(value, exponent); }
};

namespace detail {

/// Returns whether a sum of squares of doubles has overflowed or may have lost digits to underflow.
template <class Scalar>
bool must_scale(double squares) {
  return !std::is_same_v<Scalar, float> && (squares < 1e-280 || squares > 1e300);
}

/// Returns an exponent e such that numbers up to `largest`, multiplied by 2^-e, have squares that fit in a
/// double.
inline int norm_exponent(double largest) {
  if (!(largest > 0) || std::isinf(largest)) return 0;
  return std::clamp(std::ilogb(largest), -1000, 1000);
}

// (scale x)^2 in double
struct Square {
  double scale = 1;
  template <class S, int N>
  [[gnu::always_inline]] simd::Pack<double, N> operator()(const simd::Pack<S, N>& x) const {
    const simd::Pack<double, N> scaled = simd::convert<double>(x) * scale;
    return multiply_rounded(scaled, scaled);
  }
};

}  // namespace detail

/// Returns the norm of several arrays as if they were one vector: `for_each_array(f)` calls f(x, count) for
/// each of them.
template <class Scalar, class ForEachArray>
ScaledNorm scaled_norm(const ForEachArray& for_each_array) {
  const auto squares = [&](double scale) {
    simd::LaneSums<double> sums;
    for_each_array(
        [&](const Scalar* x, Index count) { simd::add_map(sums, detail::Square{scale}, count, x); });
    return sums.total();
  };
  const double plain = squares(1);
  if (!detail::must_scale<Scalar>(plain)) return {std::sqrt(plain), 0};
  double largest = 0;
  for_each_array([&](const Scalar* x, Index count) {
    for (Index i = 0; i < count; ++i) largest = std::max(largest, std::abs(static_cast<double>(x[i])));
  });
  const int exponent = detail::norm_exponent(largest);
  return {std::sqrt(squares(std::ldexp(1.0, -exponent))), exponent};
}

namespace detail {

/// Computes norm_to for elements whose squares leave the range of double: each sum is scaled by its largest
/// element.
template <class Scalar>
void scaled_norm_to(Input<Scalar> x, TensorView<Scalar> y) {
  Tensor<double> scale(y.shape()), scaled(x.shape());
  const std::array strides{row_major_strides(x.shape()), broadcast_strides(y.shape(), x.shape())};
  const auto for_each_element = [&](const auto& f) {
    for_each_run(x.shape(), strides, [&](const auto& at, Index count, const auto& steps) {
      for (Index i = 0; i < count; ++i) f(at[0] + i * steps[0], at[1] + i * steps[1]);
    });
  };
  for_each_element([&](Index i, Index o) {  // first, the largest element of each sum
    scale.data()[o] = std::max(scale.data()[o], std::abs(static_cast<double>(x.data()[i])));
  });
  for (double& number : scale) number = std::ldexp(1.0, -norm_exponent(number));
  for_each_element(
      [&](Index i, Index o) { scaled.data()[i] = static_cast<double>(x.data()[i]) * scale.data()[o]; });
  sum_axes(Square{}, scaled.data(), x.shape(), y.shape(), [&](Index o, double squares) {
    y.data()[o] = static_cast<Scalar>(std::sqrt(squares) / scale.data()[o]);
  });
}

}  // namespace detail

/// Computes norms of x, reduced to the shape of y: `[2, 3] -> [3]`. Throws ShapeError.
/// `y_j = sqrt(sum_i x_(i,j)^2)`
template <class Scalar>
void norm_to(Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("norm_to", "input", x.shape(), broadcast_shape("norm_to", y.shape(), x.shape()));
  bool fits = true;
  const auto store = [&, out = y.data()](Index o, double squares) {
    fits = fits && !detail::must_scale<Scalar>(squares);
    out[o] = static_cast<Scalar>(std::sqrt(squares));
  };
  detail::sum_axes(detail::Square{}, x.data(), x.shape(), y.shape(), store);
  if (!fits) detail::scaled_norm_to<Scalar>(x, y);
}

}  // namespace gradus::ops
