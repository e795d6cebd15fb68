// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/file.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/data/byte_source.hpp>
#include <gradus/data/csv_columns.hpp>
#include <gradus/data/csv_options.hpp>
#include <gradus/data/csv_rows.hpp>
#include <gradus/data/dataset.hpp>

/// Reads tables of numbers and text: https://www.rfc-editor.org/rfc/rfc4180.
namespace gradus {

namespace detail {

/// The text of a file. Its memory is not set to zeros first, which takes 4% of the time of read_csv.
class FileText {
 public:
  /// Reads the whole file. Throws FileError.
  explicit FileText(const std::filesystem::path& path) {
    PlainFile file(path);
    const auto size = static_cast<std::size_t>(file.bound());
    text_ = std::make_unique_for_overwrite<char[]>(size);
    size_ = file.read(std::as_writable_bytes(std::span(text_.get(), size)));
  }
  /// The text, valid as long as this.
  std::string_view view() const { return {text_.get(), size_}; }

 private:
  std::unique_ptr<char[]> text_;
  std::size_t size_ = 0;
};

/// Renumbers the values of a categorical column in the order of the sorted texts.
template <class T>
void sort_categories(const CsvCategories& categories, T* first, Index rows, Index stride) {
  const std::vector<Index> places = categories.places();
  for (Index row = 0; row < rows; ++row) {
    T& value = first[row * stride];
    if (value >= 0) value = static_cast<T>(places[static_cast<std::size_t>(value)]);  // not NaN
  }
}

/// Sets the names and categories of a data set, and sorts the categories.
template <class Scalar, class Label>
void finish_csv(Dataset<Scalar, Label>& data, const CsvColumns& columns) {
  const Index rows = data.inputs.shape()[0];
  Index feature = 0, target = 0;
  const Index features = columns.count(CsvRole::feature), targets = columns.count(CsvRole::target);
  for (const CsvColumn& column : columns.all()) {
    if (column.role == CsvRole::ignored) continue;
    if (column.is_categorical) data.categories[column.name] = column.categories.texts();
    if (column.role == CsvRole::feature) {
      data.feature_names.push_back(column.name);
      if (column.is_categorical)
        sort_categories(column.categories, data.inputs.data() + feature, rows, features);
      ++feature;
    } else {
      if (column.is_categorical)
        sort_categories(column.categories, data.labels.data() + target, rows, targets);
      ++target;
    }
  }
}

template <std::floating_point Scalar, class Label>
Dataset<Scalar, Label> parse_csv(std::string_view text, const CsvOptions& options, const std::string& file) {
  constexpr bool classifies = std::same_as<Label, Index>;
  CsvRows rows(text, options.delimiter, file);
  CsvRows names = rows;
  if (!names.next()) throw FileError(file + ": the file has no rows");
  if (options.header) rows.next();
  CsvColumns columns(names, options, classifies);
  const Index features = columns.count(CsvRole::feature), targets = columns.count(CsvRole::target);
  const Index most = rows.count();
  std::vector<Index> label_shape{most};
  if (!classifies) label_shape.push_back(targets);
  Dataset<Scalar, Label> data{Tensor<Scalar>::uninitialized(Shape{most, features}),
                              Tensor<Label>::uninitialized(Shape(label_shape))};
  Index count = 0;
  while (rows.next()) {
    if (count == most) rows.fail("more rows than were counted");
    if (columns.read(rows, data.inputs.data() + count * features, data.labels.data() + count * targets))
      ++count;
  }
  if (count < most) {
    data.inputs = Tensor<Scalar>(data.inputs.slice(0, count));
    data.labels = Tensor<Label>(data.labels.slice(0, count));
  }
  finish_csv(data, columns);
  return data;
}

}  // namespace detail

/// Parses CSV text as `read_csv` does a file. Error messages start with `name`.
template <std::floating_point Scalar = float>
Dataset<Scalar, Scalar> parse_csv(std::string_view text, const CsvOptions& options = {},
                                  const std::string& name = "csv") {
  return detail::parse_csv<Scalar, Scalar>(text, options, name);
}

/// Reads a table for regression: inputs `[N, columns]` and labels `[N, targets]`, columns in file order.
///
///     const auto houses = read_csv("houses.csv", {.target = "price", .categorical = {"city"}});
///
/// Numbers use a decimal point in every locale. Text columns listed in `.categorical` are encoded as 0, 1,
/// ... in alphabetical order of their values; `categories` lists the values. Rows keep their order. Throws
/// FileError with line and column for a value that does not parse, and if the file cannot be read.
template <std::floating_point Scalar = float>
Dataset<Scalar, Scalar> read_csv(const std::filesystem::path& file, const CsvOptions& options = {}) {
  return detail::parse_csv<Scalar, Scalar>(detail::FileText(file).view(), options, path_text(file));
}

/// Reads a table for classification: inputs `[N, columns]`, labels `[N]`. The values of the target column,
/// numbers or text, become the classes in alphabetical order, listed in `class_names`. Throws ArgumentError
/// unless there is exactly one target; FileError as read_csv.
template <std::floating_point Scalar = float>
Dataset<Scalar, Index> read_csv_classes(const std::filesystem::path& file, const CsvOptions& options) {
  if (options.target.size() != 1) {
    throw ArgumentError("read_csv_classes: got " + std::to_string(options.target.size()) +
                        " targets, expected one");
  }
  auto data = detail::parse_csv<Scalar, Index>(detail::FileText(file).view(), options, path_text(file));
  data.class_names = data.categories[*options.target.begin()];
  data.classes = static_cast<Index>(data.class_names.size());
  return data;
}

}  // namespace gradus
