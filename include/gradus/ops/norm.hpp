#pragma once

#include <algorithm>
#include <cmath>
#include <type_traits>

#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/broadcast.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/axis_sums.hpp>
#include <gradus/ops/detail/strided.hpp>
#include <gradus/ops/detail/sum.hpp>

/// Euclidean norms. Squares are added in double, where those of floats neither overflow nor underflow;
/// doubles are scaled by a power of 2 where their squares would. One NaN makes a norm NaN, wherever it is.
namespace gradus::ops {

/// The norm `value * 2^exponent`, which may be too large for a double; `exponent` is 0 unless squares of the
/// numbers are.
struct ScaledNorm {
  double value = 0;
  int exponent = 0;

  double norm() const { return std::ldexp(value, exponent); }
};

namespace detail {

/// Whether a sum of squares of doubles has overflowed, or may have lost digits to underflow.
template <class Scalar>
bool must_scale(double squares) {
  return !std::is_same_v<Scalar, float> && (squares < 1e-280 || squares > 1e300);
}

/// The exponent e for which the squares of numbers up to `largest`, times 2^-e, are in the range of double.
inline int norm_exponent(double largest) {
  if (!(largest > 0) || std::isinf(largest)) return 0;
  return std::clamp(std::ilogb(largest), -1000, 1000);
}

template <class Scalar>
double square(Scalar x, double scale) {
  const double scaled = static_cast<double>(x) * scale;
  return scaled * scaled;
}

}  // namespace detail

/// The norm of several arrays together, as if they were one vector: `for_each_array(f)` calls f(x, count) for
/// each of them.
template <class Scalar, class ForEachArray>
ScaledNorm scaled_norm(const ForEachArray& for_each_array) {
  const auto squares = [&](double scale) {
    detail::Sum<double> sum;
    for_each_array([&](const Scalar* x, Index count) {
      sum.add_terms(count, [x, scale](Index i) { return detail::square(x[i], scale); });
    });
    return sum.total();
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

// y = sqrt(sum of x^2) along the axes that x has more of
template <class Scalar>
void norm_to(Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("norm_to", "input", x.shape(), broadcast_shape("norm_to", y.shape(), x.shape()));
  bool fits = true;
  detail::sum_axis_terms<double>(
      x.shape(), y.shape(), [in = x.data()](Index i, Index) { return detail::square(in[i], 1); },
      [&, out = y.data()](Index o, double squares) {
        fits = fits && !detail::must_scale<Scalar>(squares);
        out[o] = static_cast<Scalar>(std::sqrt(squares));
      });
  if (fits) return;
  Tensor<double> scale(y.shape());  // the largest number of each sum at first
  const std::array strides{detail::row_major_strides(x.shape()),
                           detail::broadcast_strides(y.shape(), x.shape())};
  detail::for_each_run(x.shape(), strides, [&](const auto& at, Index count, const auto& steps) {
    for (Index i = 0; i < count; ++i) {
      double& largest = scale.data()[at[1] + i * steps[1]];
      largest = std::max(largest, std::abs(static_cast<double>(x.data()[at[0] + i * steps[0]])));
    }
  });
  for (double& number : scale) number = std::ldexp(1.0, -detail::norm_exponent(number));
  detail::sum_axis_terms<double>(
      x.shape(), y.shape(),
      [in = x.data(), by = scale.data()](Index i, Index o) { return detail::square(in[i], by[o]); },
      [&, out = y.data()](Index o, double squares) {
        out[o] = static_cast<Scalar>(std::sqrt(squares) / scale.data()[o]);
      });
}

}  // namespace gradus::ops
