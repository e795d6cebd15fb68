// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <cstddef>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/part.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/data/loader.hpp>

/// Mixup (Zhang, Cisse, Dauphin and Lopez-Paz, 2018, arXiv:1710.09412): trains a network on
/// `share x_i + (1 - share) x_j` with the labels of both, weighted by the same shares.
namespace gradus {

namespace detail {

/// Returns the logarithm of a uniform random number in (0, 1].
inline double log_uniform(Generator& random) { return std::log(1 - random.uniform<double>()); }

/// Returns the logarithm of a gamma variate with `shape` >= 1 and scale 1 (Marsaglia and Tsang, 2000).
inline double log_gamma_variate(double shape, Generator& random) {
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = random.normal<double>(), t = 1 + c * x;
    if (t <= 0) continue;
    const double v = t * t * t;
    if (log_uniform(random) < x * x / 2 + d * (1 - v + std::log(v))) return std::log(d) + std::log(v);
  }
}

/// Returns a variate of Beta(alpha, alpha), in [0, 1], for any alpha > 0.
///
/// A gamma variate of shape alpha < 1 is one of shape alpha + 1 times U^(1/alpha), whose logarithm may
/// overflow. Subtracting the two logarithms of U before dividing by alpha gives 0 or infinity, never NaN.
inline double symmetric_beta_variate(double alpha, Generator& random) {
  struct Variate {
    double log_u, log_gamma;
  };
  const auto draw = [&]() -> Variate {
    if (alpha >= 1) return {0, log_gamma_variate(alpha, random)};
    const double log_u = log_uniform(random);
    return {log_u, log_gamma_variate(alpha + 1, random)};
  };
  const Variate a = draw(), b = draw();
  return 1 / (1 + std::exp((b.log_gamma - a.log_gamma) + (b.log_u - a.log_u) / alpha));
}

}  // namespace detail

/// Labels of mixed examples: `labels[i]` with weight `share` and `partners[i]` with weight 1 - `share`.
struct MixedLabels {
  /// The labels of the original examples.
  std::span<const Index> labels = {};
  /// The labels of the examples mixed in.
  std::span<const Index> partners = {};
  /// The share of the original examples, in [0, 1].
  double share = 1;
};

/// A batch of mixed examples, with the labels of both sources.
template <class Scalar>
struct MixedBatch {
  TensorView<const Scalar> x;  ///< `[B, ...]`
  /// The labels of both sources and their share.
  MixedLabels labels = {};

  /// Returns the number of examples.
  Index size() const { return x.shape()[0]; }
};

/// A source of mixed batches: mixes each batch of a loader with a permutation of itself, with a share drawn
/// from Beta(alpha, alpha) per batch. With a small alpha, most shares are close to 0 or 1; with alpha = 1,
/// the share is uniform.
///
///     MixupLoader mixed(loader, 0.2);
///     Trainer trainer{net, MixupCrossEntropy<>{}, optimizer, random};
///     trainer.fit(mixed, validation_loader);
///
/// Keeps a reference to the loader, which must outlive it. `evaluation_epoch` does not mix.
template <class Scalar, class Element>
class MixupLoader {
 public:
  /// The type of the loader whose batches are mixed.
  using Source = Loader<Scalar, Element, Index>;
  class Epoch;

  /// Throws ArgumentError unless alpha is positive and finite, or if the loader produces parts of batches: a
  /// trainer divides mixed batches among its processes itself.
  MixupLoader(Source& loader, double alpha) : loader_(&loader), alpha_(alpha) {
    if (!(alpha > 0 && std::isfinite(alpha))) {
      throw ArgumentError("MixupLoader: alpha is " + format_shortest(alpha) +
                          ", expected a positive, finite number");
    }
    if (loader.part() != Part{})
      throw ArgumentError("MixupLoader: loader produces parts of batches, expected whole batches");
  }

  /// Returns the number of batches per epoch.
  Index size() const { return loader_->size(); }
  /// Returns the name of the data set.
  const std::string& name() const { return loader_->name(); }
  /// Starts a training epoch with mixed batches.
  Epoch training_epoch(Generator& random) & { return Epoch(*this, random); }
  void training_epoch(Generator& random) && = delete;  // batches refer to this object's memory
  /// Starts an evaluation pass, in order and without mixing.
  typename Source::Epoch evaluation_epoch() { return loader_->evaluation_epoch(); }

 private:
  MixedBatch<Scalar> mix(const Batch<Scalar, Index>& batch, Generator& random) {
    const double share = detail::symmetric_beta_variate(alpha_, random);
    const auto count = to_size(batch.size());
    order_.resize(count);
    partners_.resize(count);
    random.permutation(std::span<Index>(order_));
    x_.resize(batch.x.shape());
    const auto own = static_cast<Scalar>(share);
    for (std::size_t i = 0; i < count; ++i) {
      const auto row = static_cast<Index>(i);
      partners_[i] = batch.labels[to_size(order_[i])];
      x_[row].array() = own * batch.x[row].array() + (1 - own) * batch.x[order_[i]].array();
    }
    return {x_, {batch.labels, partners_, share}};
  }

  Source* loader_;
  double alpha_;
  std::vector<Index> order_;
  std::vector<Index> partners_;
  Tensor<Scalar> x_;
};

/// One pass over the data in mixed batches.
template <class Scalar, class Element>
class MixupLoader<Scalar, Element>::Epoch {
 public:
  /// An input iterator over mixed batches. Each increment overwrites the current batch.
  class Iterator {
   public:
    /// The batch type.
    using value_type = MixedBatch<Scalar>;
    /// The difference type, required of an iterator.
    using difference_type = Index;

    /// Loads and mixes the first batch.
    Iterator(MixupLoader& mixer, typename Source::Epoch::Iterator at, Generator& random)
        : mixer_(&mixer), at_(std::move(at)), random_(&random) {
      mix();
    }
    /// Returns the current batch.
    value_type operator*() const { return batch_; }
    /// Returns the current batch.
    const value_type* operator->() const { return &batch_; }
    /// Loads and mixes the next batch.
    Iterator& operator++() {
      ++at_;
      mix();
      return *this;
    }
    /// Loads and mixes the next batch.
    void operator++(int) { ++*this; }
    /// Returns whether the pass is over.
    bool operator==(std::default_sentinel_t end) const { return at_ == end; }

   private:
    void mix() {
      if (at_ != std::default_sentinel) batch_ = mixer_->mix(*at_, *random_);
    }

    MixupLoader* mixer_;
    typename Source::Epoch::Iterator at_;
    Generator* random_;
    value_type batch_;
  };

  /// Starts a pass over the data.
  Epoch(MixupLoader& mixer, Generator& random)
      : mixer_(&mixer), random_(&random), batches_(mixer.loader_->training_epoch(random)) {}

  /// Returns the number of batches.
  Index size() const { return mixer_->size(); }
  /// Loads and mixes the first batch.
  Iterator begin() const { return Iterator(*mixer_, batches_.begin(), *random_); }
  /// Returns the sentinel for the end of the pass.
  std::default_sentinel_t end() const { return {}; }

 private:
  MixupLoader* mixer_;
  Generator* random_;
  typename Source::Epoch batches_;
};

}  // namespace gradus
