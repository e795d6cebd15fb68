// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <gradus/core/checked.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>

namespace gradus {

/// N examples with their labels. Images are stored as bytes; a Loader converts one batch at a time to
/// floating point.
///
/// For classification, `labels` holds class indices `[N]`. For regression, use `Dataset<float, float>`, whose
/// labels are the targets, `[N, outputs]`.
template <TensorScalar Element = std::uint8_t, TensorScalar Label = Index>
struct Dataset {
  Tensor<Element> inputs = {};                  ///< `[N, ...]`, images `[N, height, width]`
  Tensor<Label> labels = {};                    ///< `[N]`, or `[N, ...]` for regression
  Index classes = 0;                            ///< number of classes; 0 for regression
  std::vector<std::string> class_names = {};    ///< one per class, or empty
  std::string name = {};                        ///< such as `train` or `test`; shown with results
  std::vector<std::string> feature_names = {};  ///< one per column of inputs `[N, columns]`, or empty
  /// For each text column, its name and the texts that are encoded as 0, 1, ...
  std::map<std::string, std::vector<std::string>> categories = {};

  /// Returns N. Throws ShapeError unless inputs and labels have the same N.
  Index size() const {
    if (inputs.rank() == 0 || labels.rank() == 0 || inputs.shape()[0] != labels.shape()[0])
      throw_different_sizes();
    return inputs.shape()[0];
  }

  /// Copies the examples `[first, first + count)`. Throws IndexError.
  Dataset subset(Index first, Index count) const {
    const Index examples = size();
    if (!detail::is_range_within(first, count, examples)) {
      throw IndexError("Dataset: subset begins at " + std::to_string(first) + " and has " +
                       std::to_string(count) + " examples, expected a range within [0, " +
                       std::to_string(examples) + ")");
    }
    return {inputs.slice(first, first + count),
            labels.slice(first, first + count),
            classes,
            class_names,
            name,
            feature_names,
            categories};
  }

  /// Copies the examples with these indices, in this order. Throws IndexError.
  Dataset select(std::span<const Index> indices) const {
    size();
    return {select_rows(inputs, indices),
            select_rows(labels, indices),
            classes,
            class_names,
            name,
            feature_names,
            categories};
  }

 private:
  [[noreturn]] void throw_different_sizes() const {
    throw ShapeError("Dataset: inputs have shape " + inputs.shape().to_string() + " and labels have shape " +
                     labels.shape().to_string() + ", expected [N, ...] with the same N");
  }

  template <class Scalar>
  static Tensor<Scalar> select_rows(const Tensor<Scalar>& from, std::span<const Index> indices) {
    auto rows = Tensor<Scalar>::uninitialized(from.shape().with(0, static_cast<Index>(indices.size())));
    Scalar* out = rows.data();
    for (const Index index : indices) out = std::ranges::copy(from[index], out).out;
    return rows;
  }
};

/// A data set split into a training and a validation part.
template <class Data>
struct TrainValidation {
  /// Examples to train on.
  Data train;
  /// Examples held out.
  Data validation;
};

/// Splits at random, rounding the validation part to whole examples. For the same seed, the parts equal those
/// of `torch.utils.data.random_split(data, [train_count, validation_count])`. They are named `train` and
/// `validation`. Throws ArgumentError if the fraction is outside [0, 1].
template <class Element, class Label>
TrainValidation<Dataset<Element, Label>> split(const Dataset<Element, Label>& data,
                                               double validation_fraction, Generator& random) {
  if (!(validation_fraction >= 0 && validation_fraction <= 1)) {
    throw ArgumentError("split: validation fraction is " + format_shortest(validation_fraction) +
                        ", expected a number in [0, 1]");
  }
  const std::vector<Index> order = random.permutation(data.size());
  const auto validation =
      static_cast<std::size_t>(std::llround(validation_fraction * static_cast<double>(order.size())));
  const std::span<const Index> all(order);
  TrainValidation<Dataset<Element, Label>> parts{data.select(all.first(order.size() - validation)),
                                                 data.select(all.last(validation))};
  parts.train.name = "train";
  parts.validation.name = "validation";
  return parts;
}

}  // namespace gradus
