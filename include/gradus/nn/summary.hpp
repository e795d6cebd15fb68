// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <gradus/core/format.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/nn/any_module.hpp>
#include <gradus/nn/parameter.hpp>
#include <gradus/nn/sequential.hpp>

namespace gradus::nn {

namespace detail {

struct SummaryRow {
  std::string layer, output, parameters;
};

struct SummaryCounts {
  Index trained = 0;      ///< elements of parameters that are not frozen
  Index frozen = 0;       ///< elements of frozen parameters
  Index not_trained = 0;  ///< elements of buffers, such as running means

  Index all() const { return trained + frozen + not_trained; }
};

/// Returns `203,530` for 203530.
inline std::string with_commas(Index number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

/// Returns `795.04 KB` for 814121.
inline std::string memory_size(Index bytes) {
  constexpr const char* units[] = {"KB", "MB", "GB"};
  auto size = static_cast<double>(bytes);
  if (size < 1024) return std::to_string(bytes) + " B";
  std::size_t unit = 0;
  // From 1023.995 on, two decimals would round to 1024.00.
  for (size /= 1024; size >= 1023.995 && unit < 2; size /= 1024) ++unit;
  return format_fixed(size, 2) + " " + units[unit];
}

/// Returns the shape with N for the batch size: `[N, 256]`.
inline std::string batch_shape(const Shape& shape) {
  std::string text = shape.to_string();
  if (shape.rank() > 0) text.replace(1, std::to_string(shape[0]).size(), "N");
  return text;
}

template <class Scalar>
SummaryCounts count_numbers(const AnyModule<Scalar>& module) {
  SummaryCounts counts;
  module.visit([&](std::string_view, const Parameter<Scalar>& p) {
    (p.requires_grad ? counts.trained : counts.frozen) += p.value.size();
  });
  module.visit_buffers([&](std::string_view, const Tensor<Scalar>& b) { counts.not_trained += b.size(); });
  return counts;
}

/// Adds one row per layer, with the layers of a nested sequence indented below it. Returns the output shape.
template <class Scalar>
Shape add_summary_rows(const Sequential<Scalar>& net, Shape shape, const std::string& indent,
                       const std::string& path, std::vector<SummaryRow>& rows) {
  for (Index i = 0; i < net.size(); ++i) {
    const Shape in = shape;
    const std::string number = path + net.child_name(i);
    shape = net[i].output_shape(in);
    rows.push_back({indent + number + "  " + net[i].name(), batch_shape(shape),
                    with_commas(count_numbers(net[i]).all())});
    if (const auto* nested = net[i].template get_if<Sequential<Scalar>>()) {
      add_summary_rows(*nested, in, indent + "  ", number + ".", rows);
    }
  }
  return shape;
}

}  // namespace detail

/// Returns a table of a network's layers with their output shapes and parameter counts, as in Keras:
/// `std::cout << summary(net, {28, 28})`. `sample` is the input shape without the batch. Frozen parameters,
/// if any, get a line of their own. Throws a ShapeError that names the layer if the network does not accept
/// such samples.
template <class Scalar>
std::string summary(const Sequential<Scalar>& net, const Shape& sample) {
  const Shape input = sample.prepend(1);
  net.output_shape(input);
  std::vector<detail::SummaryRow> rows{{"Layer", "Output shape", "Parameters"}};
  rows.push_back({"   Input", detail::batch_shape(input), ""});
  detail::add_summary_rows(net, input, "", "", rows);

  std::size_t layer = 0, output = 0, parameters = 0;
  for (const detail::SummaryRow& row : rows) {
    layer = std::max(layer, row.layer.size());
    output = std::max(output, row.output.size());
    parameters = std::max(parameters, row.parameters.size());
  }
  std::string text;
  const std::string rule(layer + output + parameters + 4, '-');
  for (const detail::SummaryRow& row : rows) {
    text += row.layer + std::string(layer - row.layer.size() + 2, ' ');
    text += row.output + std::string(output - row.output.size() + 2, ' ');
    text += std::string(parameters - row.parameters.size(), ' ') + row.parameters;
    text.erase(text.find_last_not_of(' ') + 1);
    text += "\n";
    if (&row == &rows.front()) text += rule + "\n";
  }
  detail::SummaryCounts counts;
  for (Index i = 0; i < net.size(); ++i) {
    const detail::SummaryCounts of_child = detail::count_numbers(net[i]);
    counts.trained += of_child.trained;
    counts.frozen += of_child.frozen;
    counts.not_trained += of_child.not_trained;
  }
  const auto total = [](const char* title, Index count) {
    return title + detail::with_commas(count) + " (" +
           detail::memory_size(count * static_cast<Index>(sizeof(Scalar))) + ")\n";
  };
  return text + rule + "\n" + total("Total parameters:         ", counts.all()) +
         total("Trainable parameters:     ", counts.trained) +
         (counts.frozen > 0 ? total("Frozen parameters:        ", counts.frozen) : "") +
         total("Non-trainable parameters: ", counts.not_trained);
}

}  // namespace gradus::nn
