// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/index.hpp>

namespace gradus::detail {

/// The batches whose gradients make up one step. Their mean loss is the sum of weight x loss divided by the
/// sum of the weights, which is known only after the last batch. Gradients are therefore divided by an
/// expected sum first, which is exact if all batches have the same weight, and corrected at the end if not.
struct AccumulatedBatches {
  Index count = 0;
  double loss_sum = 0;
  double weight_sum = 0;
  double expected_sum = 0;
  bool is_plain_sum = false;  ///< no averaging: the loss is a sum, or there is only one batch

  /// Adds one of the `batches` batches of a step and returns the factor for its gradient. `is_sum` is true if
  /// the loss is a sum rather than a mean.
  double add(double loss, double weight, Index batches, bool is_sum) {
    if (count++ == 0) {
      is_plain_sum = is_sum || batches == 1;
      expected_sum = static_cast<double>(batches) * (weight > 0 ? weight : 1);
    }
    weight_sum += weight;
    loss_sum += is_plain_sum ? loss : weight * loss;
    return is_plain_sum ? 1 : weight / expected_sum;
  }
  /// Returns the correction factor for the accumulated gradients.
  double last_scale() const { return is_plain_sum || !(weight_sum > 0) ? 1 : expected_sum / weight_sum; }
  /// Returns the loss of the step; 0 if the weights sum to 0.
  double loss() const { return is_plain_sum ? loss_sum : weight_sum > 0 ? loss_sum / weight_sum : 0; }
};

}  // namespace gradus::detail
