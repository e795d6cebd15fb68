// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/simd/float_bits.hpp>
#include <gradus/core/simd/map.hpp>
#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/pack.hpp>
#include <gradus/core/simd/sum_map.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/softmax_rows.hpp>
#include <gradus/ops/loss_reduction.hpp>

namespace gradus::ops {

/// Options of softmax_cross_entropy, as in PyTorch.
template <class Scalar>
struct CrossEntropyOptions {
  /// Whether the losses are averaged or summed.
  Reduction reduction = Reduction::mean;
  Scalar label_smoothing = 0;  ///< share of the target spread evenly over the classes, in [0, 1]
  std::span<const Scalar> class_weights = {};  ///< one per class, finite and >= 0; empty means all 1
  Index ignore_index = std::numeric_limits<Index>::min();  ///< samples with this label are ignored
};

/// The result of one pass over a batch.
template <class Scalar>
struct CrossEntropyResult {
  Scalar loss = 0;  ///< mean or sum, as requested
  /// Samples whose label has the largest logit; of equal logits, the first wins. NaN is never correct.
  Index correct = 0;
  Index count = 0;    ///< samples that were not ignored
  double weight = 0;  ///< total class weight of those samples, by which a mean is divided
  double total = 0;   ///< weighted sum of their losses, before the division
};

namespace detail {

template <class ErrorType>
[[noreturn]] void throw_cross_entropy(const std::string& complaint) {
  throw ErrorType("softmax_cross_entropy: " + complaint);
}

[[noreturn]] inline void throw_class_weight(std::size_t index, double weight) {
  throw_cross_entropy<ArgumentError>("class weight " + std::to_string(index) + " is " +
                                     format_general(weight) + ", expected a finite number >= 0");
}

template <class Scalar>
void check_cross_entropy(const Shape& logits, std::span<const Index> labels, const Shape& gradient,
                         const CrossEntropyOptions<Scalar>& options) {
  if (logits.rank() != 2)
    throw_cross_entropy<ShapeError>("logits have shape " + logits.to_string() + ", expected [N, C]");
  if (static_cast<Index>(labels.size()) != logits[0]) {
    throw_cross_entropy<ShapeError>(std::to_string(labels.size()) + " labels for logits of shape " +
                                    logits.to_string() + ", expected " + std::to_string(logits[0]));
  }
  check_shape("softmax_cross_entropy", "gradient", gradient, logits);
  const Index classes = logits[1];
  if (!options.class_weights.empty() && static_cast<Index>(options.class_weights.size()) != classes) {
    throw_cross_entropy<ShapeError>(std::to_string(options.class_weights.size()) +
                                    " class weights, expected " + std::to_string(classes));
  }
  for (std::size_t c = 0; c < options.class_weights.size(); ++c) {
    const Scalar weight = options.class_weights[c];
    if (!(weight >= 0 && std::isfinite(weight))) throw_class_weight(c, static_cast<double>(weight));
  }
  if (!(options.label_smoothing >= 0 && options.label_smoothing <= 1)) {
    throw_cross_entropy<ArgumentError>("label smoothing is " + format_shortest(options.label_smoothing) +
                                       ", expected a number in [0, 1]");
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if ((labels[i] < 0 || labels[i] >= classes) && labels[i] != options.ignore_index) {
      throw_cross_entropy<IndexError>("the label of sample " + std::to_string(i) + " is " +
                                      std::to_string(labels[i]) + ", expected one in [0, " +
                                      std::to_string(classes) + ")");
    }
  }
}

/// The weights of the terms of a loss, in the notation of softmax_cross_entropy. They are double, because in
/// float the inverse of sum_of_labels overflows for tiny class weights and the sums for large ones.
template <class Scalar>
struct CrossEntropyWeights {
  std::span<const Scalar> classes;  ///< w; empty means all 1
  Scalar largest = 1;               ///< largest w_c, or 1 if all are 0
  double sharp_share;               ///< 1 - e
  double smooth;                    ///< e/C
  double sum_of_classes = 0;        ///< sum_k w_k
  double sum_of_labels = 0;         ///< sum of w_y over the samples that are not ignored
  Index samples = 0;                ///< number of those samples
  double scale = 1;                 ///< scale of the gradient: 1 / sum_of_labels for the mean

  CrossEntropyWeights(const CrossEntropyOptions<Scalar>& options, std::span<const Index> labels, Index count)
      : classes(options.class_weights),
        sharp_share(1 - static_cast<double>(options.label_smoothing)),
        smooth(static_cast<double>(options.label_smoothing) / static_cast<double>(count)) {
    for (Index c = 0; c < count; ++c) sum_of_classes += of(c);
    if (sum_of_classes > 0 && !classes.empty()) largest = *std::max_element(classes.begin(), classes.end());
    for (const Index label : labels) {
      if (label == options.ignore_index) continue;
      sum_of_labels += of(label);
      ++samples;
    }
    if (options.reduction == Reduction::mean) scale = sum_of_labels > 0 ? 1 / sum_of_labels : 0;
  }

  double of(Index c) const { return classes.empty() ? 1 : static_cast<double>(classes[to_size(c)]); }
  Scalar scaled(double x) const { return static_cast<Scalar>(scale * x); }
};

// lse(x) - x, and the same times w / largest. For an entry equal to the maximum, highest - x counts as 0 even
// if both are infinite.
template <class Scalar>
struct LogitLoss {
  Scalar highest, log_sum, largest;
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return log_sum + select(x >= highest, 0, highest - x);
  }
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x, const P& weight) const {
    return weight / largest * (*this)(x);
  }
};

template <class Scalar>
struct LogitGradient {
  Scalar factor, shift, largest;
  template <class P>
  [[gnu::always_inline]] P operator()(const P& exp) const {
    return flush_subnormal(exp * factor - shift);
  }
  template <class P>
  [[gnu::always_inline]] P operator()(const P& exp, const P& weight) const {
    return flush_subnormal(exp * factor -
                           multiply_rounded(weight / largest, simd::broadcast<Scalar, P::size>(shift)));
  }
};

/// Returns L of one sample with logits x `[C]`, before the division.
template <class Scalar>
double loss_of_row(const CrossEntropyWeights<Scalar>& w, const SoftmaxRow<Scalar>& row,
                   std::span<const Scalar> x, Index label) {
  if (std::isnan(row.highest)) return static_cast<double>(row.highest);
  const LogitLoss<Scalar> loss_of{row.highest, row.log_sum, w.largest};
  const simd::Pack<Scalar, 1> logit{x[to_size(label)]};
  const double loss = w.of(label) * w.sharp_share * static_cast<double>(loss_of(logit).v);
  if (!(w.smooth > 0)) return loss;
  const auto count = static_cast<Index>(x.size());
  const double sum = w.classes.empty() ? simd::sum_map(loss_of, count, x.data())
                                       : simd::sum_map(loss_of, count, x.data(), w.classes.data());
  return std::fma(w.smooth * static_cast<double>(w.largest), sum, loss);
}

/// Writes dL/dx of one sample to dx `[C]`, which may be the memory of row.exp.
template <class Scalar>
void gradient_of_row(const CrossEntropyWeights<Scalar>& w, const SoftmaxRow<Scalar>& row,
                     std::span<Scalar> dx, Index label) {
  const double sharp = w.of(label) * w.sharp_share;
  const Scalar factor = w.scaled(sharp + w.smooth * w.sum_of_classes) / row.sum;
  const Scalar shift = w.scaled(w.smooth * static_cast<double>(w.largest));
  const LogitGradient<Scalar> gradient{factor, shift, w.largest};
  const auto count = static_cast<Index>(dx.size());
  if (w.smooth > 0 && !w.classes.empty()) {
    simd::map(gradient, count, dx.data(), row.exp, w.classes.data());
  } else {
    simd::map(gradient, count, dx.data(), row.exp);
  }
  Scalar& at_label = dx[to_size(label)];
  at_label = flush_subnormal(simd::Pack<Scalar, 1>{at_label - w.scaled(sharp)}).v;
}

/// Returns whether the label's logit is the largest and no earlier one equals it. False if the row has a NaN.
template <class Scalar>
bool is_correct(const SoftmaxRow<Scalar>& row, std::span<const Scalar> x, Index label) {
  const auto is_highest = [&](Scalar logit) { return logit >= row.highest; };
  const auto before = x.first(to_size(label));
  return is_highest(x[before.size()]) && std::none_of(before.begin(), before.end(), is_highest);
}

}  // namespace detail

/// Computes softmax and cross-entropy of logits `[N, C]` in one fused pass: loss, metrics and, unless
/// `dlogits` is null, the gradient. Takes one label in [0, C) per sample. As in PyTorch, the mean is weighted
/// by the class weights, but here the mean of no samples, or of samples that all have weight 0, is 0. Throws
/// ShapeError, IndexError (naming label and sample) and ArgumentError (for a class weight that is negative or
/// not finite, or a label smoothing outside [0, 1]).
///
/// With weights w, smoothing e, label y and p = softmax(x):
/// `L = w_y (1 - e) (lse(x) - x_y) + e/C sum_c w_c (lse(x) - x_c)`
/// `dL/dx = w_y (1 - e) (p - [c = y]) + e/C (p sum_k w_k - w_c)`
template <class Scalar>
CrossEntropyResult<Scalar> softmax_cross_entropy(Input<Scalar> logits, std::span<const Index> labels,
                                                 TensorView<Scalar> dlogits,
                                                 const CrossEntropyOptions<Scalar>& options = {}) {
  const bool wants_gradient = !dlogits.is_null();
  detail::check_cross_entropy(logits.shape(), labels, wants_gradient ? dlogits.shape() : logits.shape(),
                              options);
  const Index rows = logits.shape()[0], classes = logits.shape()[1];
  const detail::CrossEntropyWeights<Scalar> weights(options, labels, classes);
  CrossEntropyResult<Scalar> result;
  result.count = weights.samples;
  result.weight = weights.sum_of_labels;
  if (classes == 0) return result;
  detail::SoftmaxRows<Scalar> parts(logits.data(), rows, classes);
  for (Index i = 0; i < rows; ++i) {
    const Index label = labels[to_size(i)];
    const std::span<const Scalar> x(logits.data() + i * classes, to_size(classes));
    const std::span<Scalar> dx(wants_gradient ? dlogits.data() + i * classes : nullptr,
                               wants_gradient ? x.size() : 0);
    if (label == options.ignore_index) {
      std::fill(dx.begin(), dx.end(), Scalar{0});
      continue;
    }
    const detail::SoftmaxRow<Scalar> row = parts.row(i, dx.data());
    result.total += detail::loss_of_row(weights, row, x, label);
    if (detail::is_correct(row, x, label)) ++result.correct;
    if (wants_gradient) detail::gradient_of_row(weights, row, dx, label);
  }
  const bool mean = options.reduction == Reduction::mean;
  const double divisor = mean ? weights.sum_of_labels : 1;
  result.loss = static_cast<Scalar>(divisor > 0 ? result.total / divisor : 0);
  return result;
}

}  // namespace gradus::ops
