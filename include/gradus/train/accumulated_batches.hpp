// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/eigen.hpp>

namespace gradus::detail {

/// The batches whose gradients make up one step. The mean of their losses is the sum of weight x loss,
/// divided by the sum of the weights, which is only known after the last batch. So gradients are divided by
/// an expected sum at once, which is right if all batches weigh the same, and corrected at the end if not.
struct AccumulatedBatches {
  Index count = 0;
  double loss_sum = 0;
  double weight_sum = 0;
  double expected_sum = 0;
  bool is_plain_sum = false;  ///< no averaging: the loss is a sum, or there is only one batch

  /// Adds a batch of a step that has `batches` of them. `is_sum` tells a loss that is a sum, not a mean.
  /// Returns the factor for its gradient.
  double add(double loss, double weight, Index batches, bool is_sum) {
    if (count++ == 0) {
      is_plain_sum = is_sum || batches == 1;
      expected_sum = static_cast<double>(batches) * (weight > 0 ? weight : 1);
    }
    weight_sum += weight;
    loss_sum += is_plain_sum ? loss : weight * loss;
    return is_plain_sum ? 1 : weight / expected_sum;
  }
  /// The factor for the gradients of all batches.
  double last_scale() const { return is_plain_sum || !(weight_sum > 0) ? 1 : expected_sum / weight_sum; }
  /// The loss of the step; 0 if no sample counts.
  double loss() const { return is_plain_sum ? loss_sum : weight_sum > 0 ? loss_sum / weight_sum : 0; }
};

}  // namespace gradus::detail
