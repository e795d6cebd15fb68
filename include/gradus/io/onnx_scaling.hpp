// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/nn/batch_norm.hpp>

namespace gradus::detail {

/// (x - shift) * factor + offset: the combined effect of successive Sub, Add, Mul and Div by constants. Each
/// coefficient has one element, or one per feature.
class OnnxScaling {
 public:
  using Numbers = std::vector<double>;

  void subtract(const Numbers& c) {
    if (is_all(factor_, 1) && is_all(offset_, 0)) {
      combine(shift_, c, [](double a, double b) { return a + b; });
    } else {
      combine(offset_, c, [](double a, double b) { return a - b; });
    }
  }
  void add(const Numbers& c) {
    combine(offset_, c, [](double a, double b) { return a + b; });
  }
  void multiply(const Numbers& c) {
    combine(factor_, c, [](double a, double b) { return a * b; });
    combine(offset_, c, [](double a, double b) { return a * b; });
  }
  void divide(const Numbers& c) {
    combine(factor_, c, [](double a, double b) { return a / b; });
    combine(offset_, c, [](double a, double b) { return a / b; });
  }

  bool is_identity() const { return is_all(shift_, 0) && is_all(factor_, 1) && is_all(offset_, 0); }
  /// Returns whether it only multiplies all features by one positive number.
  bool is_factor() const {
    return is_all(shift_, 0) && is_all(offset_, 0) && factor_.size() == 1 && factor_[0] > 0;
  }
  double factor() const { return factor_[0]; }

  /// Returns a BatchNorm1d that computes the same in evaluation mode, with the shift as its running mean.
  template <class Scalar>
  nn::BatchNorm1d<Scalar> module(Index features) const {
    nn::BatchNorm1d<Scalar> norm(features, {.epsilon = 0});
    const auto fill = [](const Numbers& from, Tensor<Scalar>& to) {
      for (Index i = 0; i < to.size(); ++i)
        to.data()[i] = static_cast<Scalar>(from[from.size() == 1 ? 0 : to_size(i)]);
    };
    fill(shift_, norm.running_mean);
    fill(factor_, norm.weight.value);
    fill(offset_, norm.bias.value);
    return norm;
  }

 private:
  static bool is_all(const Numbers& numbers, double value) {
    return std::ranges::all_of(numbers, [value](double n) { return !(n < value) && !(n > value); });
  }
  template <class F>
  static void combine(Numbers& a, const Numbers& b, const F& f) {
    if (a.size() < b.size()) a.assign(b.size(), a[0]);
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = f(a[i], b[b.size() == 1 ? 0 : i]);
  }

  Numbers shift_{0}, factor_{1}, offset_{0};
};

/// Broadcasts a constant to samples of this shape, without the batch axis. Returns one element, one per
/// element of the sample, or none if it does not broadcast or would enlarge the sample. `real(i)` returns
/// element i of the constant.
template <class F>
std::vector<double> broadcast_onnx_constant(const Shape& constant, const Shape& sample, const F& real) {
  if (constant.size() == 1 && constant.rank() <= sample.rank() + 1) return {real(0)};
  const Index skipped = constant.rank() - sample.rank();
  if (skipped > 1 || (skipped == 1 && constant[0] != 1)) return {};
  const Index first = sample.rank() - (constant.rank() - std::max<Index>(skipped, 0));
  for (Index axis = first; axis < sample.rank(); ++axis) {
    const Index extent = constant[axis - first + std::max<Index>(skipped, 0)];
    if (extent != 1 && extent != sample[axis]) return {};
  }
  std::vector<double> result(to_size(sample.size()));
  for (Index i = 0; i < sample.size(); ++i) {
    Index rest = i, position = 0, stride = 1;
    for (Index axis = sample.rank() - 1; axis >= first; --axis) {
      const Index extent = constant[axis - first + std::max<Index>(skipped, 0)];
      position += (extent == 1 ? 0 : rest % sample[axis]) * stride;
      stride *= extent;
      rest /= sample[axis];
    }
    result[to_size(i)] = real(position);
  }
  return result;
}

}  // namespace gradus::detail
