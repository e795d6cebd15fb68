// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/process_group.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/train/archive.hpp>
#include <gradus/train/metric.hpp>
#include <gradus/train/metrics.hpp>
#include <gradus/train/whole_batch.hpp>

namespace gradus::detail {

/// The metrics that were added to a trainer, accumulated over the batches of one pass.
template <class Scalar, class Loss>
class MetricSet {
 public:
  /// Adds a metric. Throws ArgumentError if the name is empty or taken.
  template <class M>
  void add_metric(std::string name, M metric) {
    const bool is_known = std::ranges::any_of(metrics_, [&](const auto& m) { return m.name() == name; });
    if (name.empty() || is_known) {
      throw ArgumentError("Trainer: a metric is named '" + name +
                          "', expected a unique name that is not empty");
    }
    metrics_.emplace_back(std::move(name), accumulating(std::move(metric)));
  }

  /// Discards all batches.
  void reset() {
    for (auto& metric : metrics_) metric.reset();
  }
  /// Returns the number of metrics.
  Index size() const { return static_cast<Index>(metrics_.size()); }
  /// Adds a batch to each metric. With several processes, each adds its rows, and metrics see all of them.
  template <class Labels>
  void add(TensorView<const Scalar> outputs, const Labels& labels, ProcessGroup* processes = nullptr) {
    if (metrics_.empty()) return;
    const auto add_to_each = [&](TensorView<const Scalar> all_outputs, const auto& all_labels) {
      for (auto& metric : metrics_) metric.add(all_outputs, all_labels);
    };
    if (processes == nullptr) {
      add_to_each(outputs, labels);
    } else if constexpr (requires { with_whole_batch(*processes, outputs, labels, add_to_each); }) {
      with_whole_batch(*processes, outputs, labels, add_to_each);
    } else {
      throw StateError(
          "Trainer: labels have a type for which several processes are not supported, expected classes, a "
          "tensor or mixed labels");
    }
  }
  /// Writes the names and values. Allocates only if the names in `named` differ.
  void write(std::vector<NamedMetric>& named) const {
    named.resize(metrics_.size());
    for (std::size_t i = 0; i < named.size(); ++i) {
      named[i].name = metrics_[i].name();
      named[i].value = metrics_[i].value();
    }
  }

  void serialize(Archive& archive) {
    for (auto& metric : metrics_) {
      const auto scope = archive.scope("metric");
      metric.serialize(archive);
    }
  }

 private:
  std::vector<AnyMetric<Scalar, Loss>> metrics_;
};

}  // namespace gradus::detail
