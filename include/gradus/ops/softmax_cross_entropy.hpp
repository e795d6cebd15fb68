#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/check.hpp>
#include <gradus/ops/detail/shifted_exp.hpp>
#include <gradus/ops/detail/short_rows.hpp>
#include <gradus/ops/reduction.hpp>

namespace gradus::ops {

/// Settings of softmax_cross_entropy, with PyTorch's meaning.
template <class Scalar>
struct CrossEntropyOptions {
  Reduction reduction = Reduction::mean;
  Scalar label_smoothing = 0;  ///< share of the target spread evenly over the classes, in [0, 1]
  std::span<const Scalar> class_weights = {};  ///< one per class, finite and >= 0; empty means 1 for all
  Index ignore_index = std::numeric_limits<Index>::min();  ///< samples with this label count for nothing
};

/// What one sweep over a batch finds.
template <class Scalar>
struct CrossEntropyResult {
  Scalar loss = 0;  ///< mean or sum, as asked for
  Index correct =
      0;  ///< samples whose largest logit, the first of equals, is the label's; NaN is never correct
  Index count = 0;    ///< samples that were not ignored
  double weight = 0;  ///< total class weight of those, by which a mean is divided
  double total = 0;   ///< weighted sum of their losses, before it is divided
};

namespace detail {

template <class ErrorType>
[[noreturn]] void fail_cross_entropy(const std::string& complaint) {
  throw ErrorType("softmax_cross_entropy: " + complaint);
}

[[noreturn]] inline void fail_class_weight(std::size_t index, double weight) {
  fail_cross_entropy<ArgumentError>("class weight " + std::to_string(index) + " is " +
                                    format_general(weight) + ", expected a finite number of at least 0");
}

template <class Scalar>
void check_cross_entropy(const Shape& logits, std::span<const Index> labels, const Shape& gradient,
                         const CrossEntropyOptions<Scalar>& options) {
  if (logits.rank() != 2)
    fail_cross_entropy<ShapeError>("logits have shape " + logits.to_string() + ", expected [N, C]");
  if (static_cast<Index>(labels.size()) != logits[0]) {
    fail_cross_entropy<ShapeError>(std::to_string(labels.size()) + " labels for logits of shape " +
                                   logits.to_string());
  }
  check_shape("softmax_cross_entropy", "gradient", gradient, logits);
  const Index classes = logits[1];
  if (!options.class_weights.empty() && static_cast<Index>(options.class_weights.size()) != classes) {
    fail_cross_entropy<ShapeError>(std::to_string(options.class_weights.size()) +
                                   " class weights, expected " + std::to_string(classes));
  }
  for (std::size_t c = 0; c < options.class_weights.size(); ++c) {
    const Scalar weight = options.class_weights[c];
    if (!(weight >= 0 && std::isfinite(weight))) fail_class_weight(c, static_cast<double>(weight));
  }
  if (!(options.label_smoothing >= 0 && options.label_smoothing <= 1)) {
    fail_cross_entropy<ArgumentError>("label smoothing is " + format_shortest(options.label_smoothing) +
                                      ", expected a number in [0, 1]");
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if ((labels[i] < 0 || labels[i] >= classes) && labels[i] != options.ignore_index) {
      fail_cross_entropy<IndexError>("label " + std::to_string(labels[i]) + " of sample " +
                                     std::to_string(i) + ", expected one in [0, " + std::to_string(classes) +
                                     ")");
    }
  }
}

}  // namespace detail

/// Softmax and cross-entropy on logits, fused: loss, metrics and, unless `dlogits` is null, the gradient in
/// one sweep. logits `[N, C]`, one label in [0, C) per sample. The mean is weighted by the classes' weights,
/// as in PyTorch; the mean of no samples, or of samples that all have weight 0, is 0 here. Throws ShapeError,
/// IndexError (names label and sample) and ArgumentError (a class weight that is negative or not finite).
///
/// With weights w, smoothing e, label y and p = softmax(x):
// L     = w_y (1 - e) (lse(x) - x_y) + e/C sum_c w_c (lse(x) - x_c)
// dL/dx = w_y (1 - e) (p - [c = y])  + e/C (p sum_k w_k - w_c)
template <class Scalar>
CrossEntropyResult<Scalar> softmax_cross_entropy(Input<Scalar> logits, std::span<const Index> labels,
                                                 TensorView<Scalar> dlogits,
                                                 const CrossEntropyOptions<Scalar>& options = {}) {
  detail::check_cross_entropy(logits.shape(), labels, dlogits.is_null() ? logits.shape() : dlogits.shape(),
                              options);
  const Index classes = logits.shape()[1];
  const auto weight = [&](Index c) {
    return options.class_weights.empty() ? Scalar{1} : options.class_weights[static_cast<std::size_t>(c)];
  };
  CrossEntropyResult<Scalar> result;
  for (const Index label : labels) {
    if (label == options.ignore_index) continue;
    result.weight += static_cast<double>(weight(label));
    ++result.count;
  }
  const bool weighs = result.weight > 0;
  double weight_of_classes = 0;
  for (Index c = 0; c < classes; ++c) weight_of_classes += static_cast<double>(weight(c));
  const bool mean = options.reduction == Reduction::mean;
  const double smooth = static_cast<double>(options.label_smoothing) / static_cast<double>(classes);
  // In double, because 1 / weight overflows in float for tiny class weights, and their sum for large ones.
  const double scale = !mean ? 1 : weighs ? 1 / result.weight : 0;
  const auto scaled = [scale](double x) { return static_cast<Scalar>(scale * x); };

  const bool are_short = classes > 0 && classes <= detail::ShortRows<Scalar>::longest;
  const Index rows_at_once = detail::ShortRows<Scalar>::rows_at_once(classes);
  detail::ShortRows<Scalar> rows;
  double loss = 0;
  Index first = 0;
  for (Index i = 0; i < logits.shape()[0]; ++i) {
    if (are_short && i == first + rows_at_once) first = i;
    const Index row = i - first;
    if (are_short && row == 0)
      rows.compute(logits.data() + i * classes, std::min(rows_at_once, logits.shape()[0] - i), classes,
                   logits.size() - i * classes);
    const Index label = labels[static_cast<std::size_t>(i)];
    const detail::ConstRowMap<Scalar> x(logits.data() + i * classes, classes);
    if (label == options.ignore_index) {
      if (!dlogits.is_null()) dlogits[i].array().setZero();
      continue;
    }
    const double sharp =
        static_cast<double>(weight(label)) * (1 - static_cast<double>(options.label_smoothing));
    Scalar highest, sum, log_sum;
    if (are_short) {
      highest = rows.highest(row);
      sum = rows.sum(row);
      log_sum = rows.log_sum(row);
    } else if (dlogits.is_null()) {
      highest = x.template maxCoeff<Eigen::PropagateNaN>();
      sum = std::isinf(highest) ? static_cast<Scalar>((x >= highest).count()) : (x - highest).exp().sum();
      log_sum = std::log(sum);
    } else {
      // p needs no memory of its own: the gradient's row holds exp(x - max) first
      detail::RowMap<Scalar> p(dlogits.data() + i * classes, classes);
      highest = detail::shifted_exp<Scalar>(x, p);
      sum = p.sum();
      log_sum = std::log(sum);
    }
    if (!dlogits.is_null()) {
      Scalar* const dx = dlogits.data() + i * classes;
      const Scalar* const exp = are_short ? rows.exp(row) : dx;
      const Scalar factor = scaled(sharp + smooth * weight_of_classes) / sum;
      for (Index c = 0; c < classes; ++c) dx[c] = exp[c] * factor;
      if (smooth > 0) {
        for (Index c = 0; c < classes; ++c) dx[c] -= scaled(smooth * static_cast<double>(weight(c)));
      }
      dx[label] -= scaled(sharp);
    }
    // an entry equal to the maximum is 0 below it, even when both are infinite
    const auto loss_of = [&](Scalar logit) {
      return static_cast<double>(log_sum +
                                 (logit < highest || logit > highest ? highest - logit : Scalar{0}));
    };
    loss += sharp * (std::isnan(highest) ? static_cast<double>(highest) : loss_of(x[label]));
    if (smooth > 0) {
      for (Index c = 0; c < classes; ++c) loss += smooth * static_cast<double>(weight(c)) * loss_of(x[c]);
    }
    // an earlier entry as high would be the one predicted
    if (x[label] >= highest &&
        std::none_of(x.data(), x.data() + label, [&](Scalar y) { return y >= highest; }))
      ++result.correct;
  }
  result.total = loss;
  if (mean) loss = weighs ? loss / result.weight : 0;
  result.loss = static_cast<Scalar>(loss);
  return result;
}

}  // namespace gradus::ops
