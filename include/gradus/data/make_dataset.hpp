// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <ranges>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include <gradus/core/checked.hpp>
#include <gradus/core/eigen.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/data/dataset.hpp>

/// Builds data sets from objects in memory. The data are copied.
namespace gradus {

namespace detail {

/// Label types that mean classes: integers and enumerations. Floating-point labels are regression targets.
template <class T>
concept ClassLabel = std::integral<T> || std::is_enum_v<T>;

/// The label type of a data set.
template <class Scalar, class Target>
using LabelOf = std::conditional_t<ClassLabel<Target>, Index, Scalar>;

/// Returns `[N]` for classes, `[N, targets]` for regression.
template <class Label>
Shape label_shape(Index samples, Index targets) {
  if constexpr (std::same_as<Label, Index>)
    return Shape{samples};
  else
    return Shape{samples, targets};
}

/// Checks class indices and counts the classes. Does nothing for regression.
template <class Scalar, class Label>
void count_classes(Dataset<Scalar, Label>& data) {
  if constexpr (std::same_as<Label, Index>) {
    for (Index i = 0; i < data.labels.size(); ++i) {
      const Index label = data.labels(i);
      if (label < 0) {
        throw ArgumentError("make_dataset: label " + std::to_string(i) + " is " + std::to_string(label) +
                            ", expected a class >= 0");
      }
      data.classes = std::max(data.classes, checked_add("make_dataset: classes", label, 1));
    }
  }
}

inline void check_rows(Index inputs, Index labels) {
  if (inputs == labels) return;
  throw ShapeError("make_dataset: got " + std::to_string(inputs) + " inputs and " + std::to_string(labels) +
                   " labels, expected one label per input");
}

}  // namespace detail

/// Copies Eigen matrices with one sample per row: inputs `[N, features]`, and labels that are classes `[N]`
/// if integers, else regression targets `[N, targets]`. Throws ShapeError if the numbers of inputs and labels
/// differ or if there is more than one column of classes; ArgumentError for a negative class.
template <class X, class Y>
auto make_dataset(const Eigen::DenseBase<X>& inputs, const Eigen::DenseBase<Y>& labels) {
  using Scalar = typename X::Scalar;
  using Label = detail::LabelOf<Scalar, typename Y::Scalar>;
  detail::check_rows(inputs.rows(), labels.rows());
  if (std::same_as<Label, Index> && labels.cols() != 1) {
    throw ShapeError("make_dataset: labels have " + std::to_string(labels.cols()) +
                     " columns, expected 1 column of classes");
  }
  Dataset<Scalar, Label> data{Tensor<Scalar>(Shape{inputs.rows(), inputs.cols()}),
                              Tensor<Label>(detail::label_shape<Label>(labels.rows(), labels.cols()))};
  using Rows = Eigen::Array<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using LabelRows = Eigen::Array<Label, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Eigen::Map<Rows>(data.inputs.data(), inputs.rows(), inputs.cols()) = inputs.derived().array();
  Eigen::Map<LabelRows>(data.labels.data(), labels.rows(), labels.cols()) =
      labels.derived().array().template cast<Label>();
  detail::count_classes(data);
  return data;
}

/// Copies arrays. `inputs` holds the features sample by sample; `labels` has one class or target per sample.
/// Throws ShapeError if the sizes do not match and ArgumentError for a negative class.
template <TensorScalar Scalar, class Target>
requires detail::ClassLabel<Target> || std::floating_point<Target>
auto make_dataset(std::span<const Scalar> inputs, Index features, std::span<const Target> labels) {
  using Label = detail::LabelOf<Scalar, Target>;
  const auto samples = static_cast<Index>(labels.size());
  if (features < 1 || static_cast<Index>(inputs.size()) / features != samples ||
      static_cast<Index>(inputs.size()) % features != 0) {
    throw ShapeError("make_dataset: inputs have " + std::to_string(inputs.size()) + " numbers for " +
                     std::to_string(samples) + " labels, expected " + std::to_string(features) +
                     " per label, one per feature");
  }
  Dataset<Scalar, Label> data{Tensor<Scalar>(Shape{samples, features}),
                              Tensor<Label>(detail::label_shape<Label>(samples, 1))};
  std::ranges::copy(inputs, data.inputs.data());
  std::ranges::transform(labels, data.labels.data(), [](Target label) { return static_cast<Label>(label); });
  detail::count_classes(data);
  return data;
}

/// Copies data members of structs, or the results of functions called on them: the target, then the features.
///
///     struct House { double area; int rooms; double price; };
///     const auto data = make_dataset<float>(houses, &House::price, &House::area, &House::rooms);
///
/// Features become `[N, features]`. A target of integer or enumeration type is a class. Throws ArgumentError
/// for a negative class.
template <TensorScalar Scalar, std::ranges::sized_range Structs, class Target, class... Features>
requires std::invocable<const Target&, std::ranges::range_reference_t<const Structs>> &&
    (std::invocable<const Features&, std::ranges::range_reference_t<const Structs>>&&...) auto make_dataset(
        const Structs& structs, const Target& target, const Features&... features) {
  using Struct = std::ranges::range_reference_t<const Structs>;
  using Label = detail::LabelOf<Scalar, std::remove_cvref_t<std::invoke_result_t<const Target&, Struct>>>;
  const auto samples = static_cast<Index>(std::ranges::size(structs));
  Dataset<Scalar, Label> data{Tensor<Scalar>(Shape{samples, static_cast<Index>(sizeof...(Features))}),
                              Tensor<Label>(detail::label_shape<Label>(samples, 1))};
  Scalar* input = data.inputs.data();
  Label* label = data.labels.data();
  for (const auto& element : structs) {
    *label++ = static_cast<Label>(std::invoke(target, element));
    ((*input++ = static_cast<Scalar>(std::invoke(features, element))), ...);
  }
  detail::count_classes(data);
  return data;
}

}  // namespace gradus
