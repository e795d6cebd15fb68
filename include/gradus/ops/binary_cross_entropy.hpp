// SPDX-License-Identifier: MIT

#pragma once

#include <type_traits>

#include <gradus/core/simd/exp.hpp>
#include <gradus/core/simd/float_bits.hpp>
#include <gradus/core/simd/log.hpp>
#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/sum_map.hpp>
#include <gradus/core/simd/tanh.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/map.hpp>
#include <gradus/ops/loss_reduction.hpp>

namespace gradus::ops {

namespace detail {

// scale (|x| (t if x < 0 else 1 - t) + log(1 + exp(-|x|))), with an infinite |x| times 0 counted as 0
template <class Scalar>
struct BinaryCrossEntropy {
  Scalar scale;
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x, const P& target) const {
    const P size = abs(x), miss = select(x < 0, target, 1 - target);
    const P loss = select(abs(miss) <= 0, 0, size * miss) + log1p(exp_flushed(-size));
    return multiply_rounded(simd::broadcast<Scalar, P::size>(scale), loss);
  }
};
template <class Scalar>
struct BinaryCrossEntropyBackward {
  Scalar scale;
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x, const P& target) const {
    return flush_subnormal(scale * (sigmoid(x) - target));
  }
};

}  // namespace detail

/// Computes the binary cross-entropy of logits, as `torch.nn.BCEWithLogitsLoss`. Targets are probabilities in
/// [0, 1]. All tensors must have the same shape. Computes `dx` unless it is null. The mean of no elements is
/// 0. Throws ShapeError.
///
/// The formula passes only non-positive numbers to exp, so it cannot overflow and keeps small terms. An
/// infinite logit on the correct side of its target adds 0 to the loss.
///
/// `L = 1/n sum |x| (t if x < 0 else 1 - t) + log(1 + exp(-|x|))`, which is `max(x, 0) - x t + ...`
/// `dL/dx = 1/n (sigmoid(x) - t)`
template <class Scalar>
Scalar binary_cross_entropy(Input<Scalar> x, Input<Scalar> target, TensorView<Scalar> dx,
                            Reduction reduction = Reduction::mean) {
  check_shape("binary_cross_entropy", "target", target.shape(), x.shape());
  if (!dx.is_null()) check_shape("binary_cross_entropy", "gradient", dx.shape(), x.shape());
  if (x.empty()) return Scalar{0};
  const double scale = reduction == Reduction::mean ? 1 / static_cast<double>(x.size()) : 1;
  // The sum is a double, so it can overflow only for double terms; those are scaled one by one.
  constexpr bool is_double = std::is_same_v<Scalar, double>;
  const detail::BinaryCrossEntropy<Scalar> term{is_double ? static_cast<Scalar>(scale) : Scalar{1}};
  const double sum = simd::sum_map(term, x.size(), x.data(), target.data());
  if (!dx.is_null()) {
    detail::map(detail::BinaryCrossEntropyBackward<Scalar>{static_cast<Scalar>(scale)}, dx, x, target);
  }
  return static_cast<Scalar>(is_double ? sum : scale * sum);
}

}  // namespace gradus::ops
