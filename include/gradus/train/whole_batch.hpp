// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/process_group.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/data/mixup.hpp>

/// Collects the parts of a batch from all processes, for metrics that must see all of it.
namespace gradus::detail {

template <class T>
std::vector<T> gathered(ProcessGroup& processes, std::span<const T> values) {
  const std::vector<std::byte> bytes = processes.gather(std::as_bytes(values));
  std::vector<T> all(bytes.size() / sizeof(T));
  if (!all.empty()) std::memcpy(all.data(), bytes.data(), bytes.size());
  return all;
}

template <class Scalar>
Tensor<Scalar> gathered(ProcessGroup& processes, TensorView<const Scalar> rows) {
  const std::vector<Scalar> all = gathered<Scalar>(processes, rows.span());
  const Index row = rows.shape().with(0, 1).size();
  const Index count = row > 0 ? static_cast<Index>(all.size()) / row : 0;
  Tensor<Scalar> whole(rows.shape().with(0, count));
  std::copy(all.begin(), all.end(), whole.data());
  return whole;
}

/// Calls f(output, labels) with the rows of all processes, in the order of their ranks.
template <class Scalar, class F>
void with_whole_batch(ProcessGroup& processes, TensorView<const Scalar> output, std::span<const Index> labels,
                      const F& f) {
  const Tensor<Scalar> whole = gathered(processes, output);
  const std::vector<Index> all = gathered(processes, labels);
  f(TensorView<const Scalar>(whole), std::span<const Index>(all));
}
template <class Scalar, class Label, class F>
void with_whole_batch(ProcessGroup& processes, TensorView<const Scalar> output,
                      const TensorView<const Label>& labels, const F& f) {
  const Tensor<Scalar> whole = gathered(processes, output);
  const Tensor<Label> all = gathered(processes, labels);
  f(TensorView<const Scalar>(whole), TensorView<const Label>(all));
}
template <class Scalar, class F>
void with_whole_batch(ProcessGroup& processes, TensorView<const Scalar> output, const MixedLabels& labels,
                      const F& f) {
  const Tensor<Scalar> whole = gathered(processes, output);
  const std::vector<Index> all = gathered(processes, labels.labels);
  const std::vector<Index> partners = gathered(processes, labels.partners);
  f(TensorView<const Scalar>(whole), MixedLabels{all, partners, labels.share});
}

}  // namespace gradus::detail
