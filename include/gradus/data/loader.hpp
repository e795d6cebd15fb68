// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <functional>
#include <iterator>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/parallel.hpp>
#include <gradus/core/part.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/data/convert.hpp>
#include <gradus/data/dataset.hpp>
#include <gradus/data/gather.hpp>

namespace gradus {

/// A batch of samples. Valid until the loader produces the next one.
template <class Scalar, class Label = Index>
struct Batch {
  /// A span of class indices, or a tensor `[B, ...]` of regression targets.
  using Labels =
      std::conditional_t<std::is_same_v<Label, Index>, std::span<const Index>, TensorView<const Label>>;

  TensorView<const Scalar> x;  ///< `[B, ...]`
  Labels labels;               ///< B labels

  /// Returns the number of samples.
  Index size() const { return x.shape()[0]; }
};

/// The options of a Loader.
template <class Element>
struct LoaderOptions {
  /// Samples per batch. The last batch may be smaller.
  Index batch_size = 256;
  /// The part of every batch to produce, for training with several processes: `.part = world.part()`.
  /// Processes with the same data and generator produce parts of the same batches. A part of a small last
  /// batch may be empty.
  Part part = {};
  /// Whether each training epoch uses a new order.
  bool shuffle = true;
  /// Draws the samples of a training epoch instead of shuffling, by filling a span of N indices. See
  /// WeightedSampler.
  std::function<void(std::span<Index> samples, Generator& random)> sampler = {};
  bool drop_last = false;  ///< whether to drop a last batch that is smaller than the others
  double divisor = std::is_same_v<Element, std::uint8_t> ? 255 : 1;  ///< maps bytes to [0, 1]
  /// Modifies a gathered batch `[B, ...]` in place before the division, for example by random shifts or
  /// flips. Called only by `training_epoch`, so that evaluation sees unmodified data.
  std::function<void(TensorView<Element> batch, Generator& random)> transform = {};
  Parallel parallel = {};  ///< threads that convert large batches; their pool must outlive the loader
};

/// A source of batches of a data set, which gathers and converts the rows of each batch into a buffer that is
/// reused across batches and epochs. No floating-point copy of the data set is needed, and nothing is
/// allocated after the first batch.
///
///     for (const auto& batch : loader.training_epoch(random)) step(batch.x, batch.labels);
///
/// Keeps a reference to the data set, which must outlive the loader. Supports one epoch at a time.
template <std::floating_point Scalar = float, TensorScalar Element = std::uint8_t, TensorScalar Label = Index>
class Loader {
 public:
  /// The data set type.
  using Data = Dataset<Element, Label>;
  /// The options type.
  using Options = LoaderOptions<Element>;

  class Epoch;

  /// Throws ArgumentError if the batch size is below 1, if the divisor is 0 or not finite as a Scalar, or if
  /// the part does not exist. Throws ShapeError unless there are as many labels as inputs.
  explicit Loader(const Data& data, Options options = {}) : data_(&data), options_(std::move(options)) {
    if (options_.batch_size < 1) {
      throw ArgumentError("Loader: batch size is " + std::to_string(options_.batch_size) +
                          ", expected at least 1");
    }
    const auto divisor = static_cast<Scalar>(options_.divisor);
    if (!std::isfinite(divisor) || !(divisor < 0 || divisor > 0)) {
      throw ArgumentError("Loader: divisor is " + format_general(options_.divisor) +
                          ", expected a finite number other than 0");
    }
    const Part part = options_.part;
    if (part.count < 1 || part.index < 0 || part.index >= part.count) {
      throw ArgumentError("Loader: part is " + std::to_string(part.index) + " of " +
                          std::to_string(part.count) + ", expected an index from 0 to the count - 1");
    }
    data.size();
  }
  explicit Loader(const Data&&, Options = {}) = delete;

  /// Returns the data set.
  const Data& data() const { return *data_; }
  /// Returns the options passed to the constructor.
  const Options& options() const { return options_; }
  /// Returns the data set's name, under which a trainer reports validation results.
  const std::string& name() const { return data_->name; }

  /// Returns the number of batches per epoch.
  Index size() const {
    const Index examples = data_->size();
    const Index whole = examples / options_.batch_size;
    return whole + (!options_.drop_last && examples % options_.batch_size > 0 ? 1 : 0);
  }

  /// Returns the number of samples in a whole batch of the epoch, of which the loader may produce only a
  /// part.
  Index samples(Index batch) const {
    return std::min(options_.batch_size, data_->size() - batch * options_.batch_size);
  }
  /// Returns the part of every batch that the loader produces.
  Part part() const { return options_.part; }

  /// Returns the batches of a training pass: each example once, transformed, in the order of
  /// `random.permutation(N)`, like PyTorch with `torch.randperm(N)`, unless the options disable shuffling or
  /// set a sampler. The generator must outlive the epoch. Throws IndexError if the sampler draws a sample
  /// that does not exist.
  Epoch training_epoch(Generator& random) & {
    if (draws_order()) order_.resize(to_size(data_->size()));
    if (options_.sampler) {
      options_.sampler(order_, random);
      check_order();
    } else if (options_.shuffle) {
      random.permutation(std::span<Index>(order_));
    }
    return Epoch(*this, &random);
  }

  /// Returns the batches of an evaluation pass: each example once, in order, untransformed.
  Epoch evaluation_epoch() & { return Epoch(*this, nullptr); }

  // Deleted because batches refer to the loader's memory.
  void training_epoch(Generator& random) && = delete;
  void evaluation_epoch() && = delete;

 private:
  static constexpr auto copied = [](const auto* in, auto* out, Index count) { std::copy_n(in, count, out); };

  bool draws_order() const { return options_.shuffle || options_.sampler; }
  void check_order() const {
    const Index examples = data_->size();
    const auto wrong =
        std::ranges::find_if(order_, [&](Index sample) { return sample < 0 || sample >= examples; });
    if (wrong == order_.end()) return;
    throw IndexError("Loader: sampler drew sample " + std::to_string(*wrong) + ", expected one in [0, " +
                     std::to_string(examples) + ")");
  }

  Batch<Scalar, Label> gather(Index batch, Generator* random) {
    const Index first = batch * options_.batch_size;
    const Index count = samples(batch);
    const Part part = options_.part;
    const bool shuffled = random != nullptr && draws_order();
    const Index begin = part.begin(count), end = part.end(count);
    const detail::BatchRows rows = this->rows(shuffled, first + begin, end - begin);
    if (random == nullptr || !options_.transform) return {gather_inputs(rows), gather_labels(rows)};
    return {transformed(this->rows(shuffled, first, count), begin, end, *random), gather_labels(rows)};
  }
  detail::BatchRows rows(bool shuffled, Index first, Index count) const {
    const std::span<const Index> order(order_);
    return {shuffled ? order.subspan(to_size(first)) : std::span<const Index>{}, first, count};
  }

  // Transforms all rows of a batch, so that each part of it draws the same random numbers as in the whole
  // batch, and returns the rows [begin, end).
  TensorView<const Scalar> transformed(const detail::BatchRows& rows, Index begin, Index end,
                                       Generator& random) {
    detail::gather_rows(data_->inputs, rows, transformed_, copied, options_.parallel);
    options_.transform(transformed_, random);
    detail::gather_rows(transformed_, detail::BatchRows{{}, begin, end - begin}, x_, divided(),
                        options_.parallel);
    return x_;
  }

  auto divided() const {
    return [divisor = static_cast<Scalar>(options_.divisor)](const Element* in, Scalar* out, Index count) {
      detail::convert(in, out, count, divisor);
    };
  }

  TensorView<const Scalar> gather_inputs(const detail::BatchRows& rows) {
    if constexpr (std::is_same_v<Element, Scalar>) {
      if (!rows.is_shuffled() && static_cast<Scalar>(options_.divisor) == 1)
        return data_->inputs.slice(rows.first, rows.first + rows.count);
    }
    detail::gather_rows(data_->inputs, rows, x_, divided(), options_.parallel);
    return x_;
  }

  TensorView<const Label> gather_labels(const detail::BatchRows& rows) {
    if (!rows.is_shuffled()) return data_->labels.slice(rows.first, rows.first + rows.count);
    detail::gather_rows(data_->labels, rows, labels_, copied, options_.parallel);
    return labels_;
  }

  const Data* data_;
  Options options_;
  std::vector<Index> order_;
  Tensor<Element> transformed_;
  Tensor<Scalar> x_;
  Tensor<Label> labels_;
};

/// The batches of one pass over the data, for a single range-based loop.
template <std::floating_point Scalar, TensorScalar Element, TensorScalar Label>
class Loader<Scalar, Element, Label>::Epoch {
 public:
  /// An input iterator over the batches. Each increment overwrites the current batch.
  class Iterator {
   public:
    /// The batch type.
    using value_type = Batch<Scalar, Label>;
    /// The difference type, required of an iterator.
    using difference_type = Index;

    /// Loads the first batch.
    Iterator(Loader& loader, Generator* random) : loader_(&loader), random_(random) { gather(); }

    /// Returns the current batch.
    value_type operator*() const { return batch_; }
    /// Returns the current batch.
    const value_type* operator->() const { return &batch_; }
    /// Loads the next batch.
    Iterator& operator++() {
      ++position_;
      gather();
      return *this;
    }
    /// Loads the next batch.
    void operator++(int) { ++*this; }
    /// Returns whether the pass is over.
    bool operator==(std::default_sentinel_t) const { return position_ == loader_->size(); }

   private:
    void gather() {
      if (position_ < loader_->size()) batch_ = loader_->gather(position_, random_);
    }

    Loader* loader_;
    Generator* random_;
    Index position_ = 0;
    value_type batch_;
  };

  /// Starts a pass over the data, in order if `random` is null.
  Epoch(Loader& loader, Generator* random) : loader_(&loader), random_(random) {}

  /// Returns the number of batches.
  Index size() const { return loader_->size(); }
  /// Loads the first batch.
  Iterator begin() const { return Iterator(*loader_, random_); }
  /// Returns the sentinel for the end of the pass.
  std::default_sentinel_t end() const { return {}; }

 private:
  Loader* loader_;
  Generator* random_;
};

/// Deduces the template arguments from the data set.
template <class Element, class Label>
Loader(const Dataset<Element, Label>&, LoaderOptions<Element> = {})
    -> Loader<std::conditional_t<std::is_same_v<Element, double>, double, float>, Element, Label>;

}  // namespace gradus
