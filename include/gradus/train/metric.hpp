// SPDX-License-Identifier: MIT

#pragma once

#include <concepts>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include <gradus/core/error.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/data/mixup.hpp>
#include <gradus/train/archive.hpp>

namespace gradus {

/// A metric that accumulates over batches, for a value that is not a mean over batches, such as a root mean
/// squared error. It has `reset()`, `add(outputs, labels)`, `double value() const`, and `serialize(archive)`
/// for checkpoints (see train/archive.hpp). RootMeanSquaredError is an example.
template <class M>
concept AccumulatingMetric = std::copy_constructible<M> &&
    requires(M& metric, const M& constant, Archive& archive) {
  metric.reset();
  { constant.value() } -> std::convertible_to<double>;
  metric.serialize(archive);
};

namespace detail {

/// The mean of a function over batches, weighted by their number of samples.
template <class F>
class MeanOverBatches {
 public:
  explicit MeanOverBatches(F f) : f_(std::move(f)) {}

  void reset() { sum_ = samples_ = 0; }
  template <class Outputs, class Labels>
  requires std::convertible_to < std::invoke_result_t<F&, const Outputs&, const Labels&>,
  double > void add(const Outputs& outputs, const Labels& labels) {
    const auto samples = static_cast<double>(outputs.shape()[0]);
    sum_ += samples * static_cast<double>(f_(outputs, labels));
    samples_ += samples;
  }
  double value() const { return sum_ / samples_; }
  template <class Archive>
  void serialize(Archive& archive) {
    archive("sum", sum_);
    archive("samples", samples_);
  }

 private:
  F f_;
  double sum_ = 0;
  double samples_ = 0;
};

template <class F>
auto accumulating(F metric) {
  if constexpr (AccumulatingMetric<F>)
    return metric;
  else
    return MeanOverBatches<F>(std::move(metric));
}

/// The labels of a batch, of any type that a metric may accept.
using AnyLabels = std::variant<std::span<const Index>, TensorView<const float>, TensorView<const double>,
                               MixedLabels, std::monostate>;

template <class Labels>
AnyLabels any_labels(const Labels& labels) {
  if constexpr (std::convertible_to<const Labels&, std::span<const Index>>)
    return std::span<const Index>(labels);
  else if constexpr (std::convertible_to<const Labels&, TensorView<const float>>)
    return TensorView<const float>(labels);
  else if constexpr (std::convertible_to<const Labels&, TensorView<const double>>)
    return TensorView<const double>(labels);
  else if constexpr (std::same_as<Labels, MixedLabels>)
    return labels;
  else
    return std::monostate{};
}

/// A type-erased metric that was added to a trainer. It is instantiated only for labels that the loss
/// accepts, because checking whether a generic lambda accepts others would not compile.
template <class Scalar, class Loss>
class AnyMetric {
 public:
  template <class M>
  AnyMetric(std::string name, M metric)
      : name_(std::move(name)), self_(std::make_unique<Model<M>>(std::move(metric))) {}
  AnyMetric(const AnyMetric& other) : name_(other.name_), self_(other.self_->clone()) {}
  AnyMetric(AnyMetric&&) noexcept = default;
  AnyMetric& operator=(const AnyMetric& other) { return *this = AnyMetric(other); }
  AnyMetric& operator=(AnyMetric&&) noexcept = default;
  ~AnyMetric() = default;

  const std::string& name() const { return name_; }
  void reset() { self_->reset(); }
  /// Adds a batch. Ignores mixed labels that the metric does not accept, so that a metric for plain labels
  /// can be used in validation while training on mixed ones. Throws StateError for other labels that it does
  /// not accept.
  template <class Labels>
  void add(TensorView<const Scalar> outputs, const Labels& labels) {
    if (self_->add(outputs, any_labels(labels)) || std::same_as<Labels, MixedLabels>) return;
    throw StateError("Trainer: metric '" + name_ +
                     "' does not accept the labels of the data, expected a metric for labels of this type");
  }
  /// Returns the value over the batches so far. The mean of a function is NaN before the first.
  double value() const { return self_->value(); }
  void serialize(Archive& archive) {
    const auto scope = archive.scope(name_);
    self_->serialize(archive);
  }

 private:
  template <class Labels>
  static constexpr bool takes_labels = requires(Loss& loss, TensorView<const Scalar> outputs,
                                                const Labels& labels, TensorView<Scalar> gradient) {
    loss(outputs, labels, gradient);
  };

  struct Interface {
    virtual ~Interface() = default;
    virtual std::unique_ptr<Interface> clone() const = 0;
    virtual void reset() = 0;
    virtual bool add(TensorView<const Scalar> outputs, const AnyLabels& labels) = 0;
    virtual double value() const = 0;
    virtual void serialize(Archive& archive) = 0;
  };

  template <class M>
  struct Model final : Interface {
    explicit Model(M m) : metric(std::move(m)) {}
    std::unique_ptr<Interface> clone() const override { return std::make_unique<Model>(metric); }
    void reset() override { metric.reset(); }
    bool add(TensorView<const Scalar> outputs, const AnyLabels& labels) override {
      return std::visit(
          [&](const auto& known) {
            if constexpr (takes_labels<std::remove_cvref_t<decltype(known)>>) {
              if constexpr (requires { metric.add(outputs, known); }) {
                metric.add(outputs, known);
                return true;
              }
            }
            return false;
          },
          labels);
    }
    double value() const override { return static_cast<double>(metric.value()); }
    void serialize(Archive& archive) override { metric.serialize(archive); }

    M metric;
  };

  std::string name_;
  std::unique_ptr<Interface> self_;
};

}  // namespace detail
}  // namespace gradus
