// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/process_group.hpp>
#include <gradus/core/tensor_view.hpp>

/// Statistics of a batch that several processes share, computed from those of its parts.
namespace gradus::nn::detail {

/// Replaces mean + mean_rest and variance of this process's `rows` rows by those of the whole batch, each
/// `[C]`. `sums`, `[C]`, is scratch space. Uses two exchanges instead of one, because computing the variance
/// from the sum of squares would lose digits to cancellation.
template <class Scalar>
void share_statistics(const SharedBatch& shared, Index rows, TensorView<Scalar> mean,
                      TensorView<Scalar> variance, TensorView<Scalar> mean_rest, TensorView<double> sums) {
  const auto count = static_cast<double>(rows), whole = static_cast<double>(shared.rows);
  const auto own_mean = [&](Index j) {
    return static_cast<double>(mean.data()[j]) + static_cast<double>(mean_rest.data()[j]);
  };
  for (Index j = 0; j < sums.size(); ++j) sums.data()[j] = rows > 0 ? count * own_mean(j) : 0;
  shared.processes->sum(sums.span());
  for (Index j = 0; j < sums.size(); ++j) {
    const double whole_mean = sums.data()[j] / whole, difference = own_mean(j) - whole_mean;
    const auto own_variance = static_cast<double>(variance.data()[j]);
    sums.data()[j] = rows > 0 ? count * (own_variance + difference * difference) : 0;
    mean.data()[j] = static_cast<Scalar>(whole_mean);
    mean_rest.data()[j] = static_cast<Scalar>(whole_mean - static_cast<double>(mean.data()[j]));
  }
  shared.processes->sum(sums.span());
  for (Index j = 0; j < sums.size(); ++j) variance.data()[j] = static_cast<Scalar>(sums.data()[j] / whole);
}

/// Replaces two vectors `[C]` by their sums over all processes. `sums`, `[2 C]`, is scratch space.
template <class Scalar>
void share_sums(const SharedBatch& shared, TensorView<Scalar> first, TensorView<Scalar> second,
                TensorView<double> sums) {
  const Index columns = first.size();
  for (Index j = 0; j < columns; ++j) {
    sums.data()[j] = static_cast<double>(first.data()[j]);
    sums.data()[columns + j] = static_cast<double>(second.data()[j]);
  }
  shared.processes->sum(sums.span());
  for (Index j = 0; j < columns; ++j) {
    first.data()[j] = static_cast<Scalar>(sums.data()[j]);
    second.data()[j] = static_cast<Scalar>(sums.data()[columns + j]);
  }
}

}  // namespace gradus::nn::detail
