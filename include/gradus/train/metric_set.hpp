// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/train/archive.hpp>
#include <gradus/train/metric.hpp>
#include <gradus/train/metrics.hpp>

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
                          "', expected a name that no other metric has");
    }
    metrics_.emplace_back(std::move(name), accumulating(std::move(metric)));
  }

  /// Discards all batches.
  void reset() {
    for (auto& metric : metrics_) metric.reset();
  }
  /// Adds a batch to each metric.
  template <class Labels>
  void add(TensorView<const Scalar> outputs, const Labels& labels) {
    for (auto& metric : metrics_) metric.add(outputs, labels);
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
