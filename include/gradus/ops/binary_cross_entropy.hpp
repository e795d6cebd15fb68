#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/rows.hpp>
#include <gradus/ops/detail/sum.hpp>
#include <gradus/ops/reduction.hpp>

namespace gradus::ops {

/// Binary cross-entropy on logits, as `torch.nn.BCEWithLogitsLoss`: targets are probabilities in [0, 1]. Any
/// shape, equal for all; a null `dx` is not asked for. The mean of no elements is 0. Throws ShapeError.
///
/// Written so that exp sees only negative numbers and neither overflows nor loses the small terms. An
/// infinite logit on the right side of its target costs nothing.
///
// L     = 1/n sum |x| (t if x < 0 else 1 - t) + log(1 + exp(-|x|)), which is max(x, 0) - x t + ...
// dL/dx = 1/n (sigmoid(x) - t)
template <class Scalar>
Scalar binary_cross_entropy(Input<Scalar> x, Input<Scalar> target, TensorView<Scalar> dx,
                            Reduction reduction = Reduction::mean) {
  check_shape("binary_cross_entropy", "target", target.shape(), x.shape());
  if (x.empty()) return Scalar{0};
  const double scale = reduction == Reduction::mean ? 1 / static_cast<double>(x.size()) : 1;
  detail::Sum<Scalar> softplus;  // in pieces that stay in the first cache
  constexpr Index piece = 512;
  std::array<Scalar, static_cast<std::size_t>(piece)> terms;
  for (Index first = 0; first < x.size(); first += piece) {
    const Index count = std::min(piece, x.size() - first);
    detail::RowMap<Scalar>(terms.data(), count) =
        (-detail::ConstRowMap<Scalar>(x.data() + first, count).abs()).exp().log1p();
    softplus.add(terms.data(), count);
  }
  const double misses =
      detail::sum_terms<double>(x.size(), [scale, logits = x.data(), targets = target.data()](Index i) {
        const auto logit = static_cast<double>(logits[i]), wanted = static_cast<double>(targets[i]);
        const double miss = logit < 0 ? wanted : 1 - wanted;
        return miss != 0 ? scale * std::abs(logit) * miss : 0;
      });
  if (!dx.is_null()) {
    check_shape("binary_cross_entropy", "gradient", dx.shape(), x.shape());
    dx.array() = static_cast<Scalar>(scale) * ((Scalar{1} + (-x.array()).exp()).inverse() - target.array());
  }
  return static_cast<Scalar>(scale * static_cast<double>(softplus.total()) + misses);
}

}  // namespace gradus::ops
