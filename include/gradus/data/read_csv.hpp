// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <concepts>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/file.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/data/byte_source.hpp>
#include <gradus/data/csv_columns.hpp>
#include <gradus/data/csv_options.hpp>
#include <gradus/data/csv_pieces.hpp>
#include <gradus/data/csv_rows.hpp>
#include <gradus/data/dataset.hpp>

/// Reads tables of numbers and text: https://www.rfc-editor.org/rfc/rfc4180.
namespace gradus {

namespace detail {

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

/// The size of a CSV text.
struct CsvSize {
  Index rows = 0;  ///< at most; see count_csv_rows
  Index bytes = 0;
};
template <class Source>
CsvSize csv_size(CsvPieces<Source> pieces) {
  CsvSize size;
  for (auto piece = pieces.next(); !piece.empty(); piece = pieces.next()) {
    size.rows += count_csv_rows(piece);
    size.bytes += static_cast<Index>(piece.size());
  }
  return size;
}

/// Reads the next row, from the next piece if necessary. Returns false at the end.
template <class Source>
bool next_row(CsvRows& rows, CsvPieces<Source>& pieces) {
  while (!rows.next()) {
    const std::string_view piece = pieces.next();
    if (piece.empty()) return false;
    rows.resume(piece);
  }
  return true;
}

/// Reads a table in two passes: one to allocate memory, one for the values. Each calls `open` for the pieces.
template <std::floating_point Scalar, class Label, class Open>
Dataset<Scalar, Label> parse_csv(const Open& open, const CsvOptions& options, const std::string& file) {
  constexpr bool classifies = std::same_as<Label, Index>;
  const CsvSize size = csv_size(open());
  auto pieces = open();
  CsvRows rows(pieces.next(), options.delimiter, file, options.decimal);
  bool has_row = next_row(rows, pieces);
  if (!has_row) throw FileError(file + ": the file has no rows, expected at least one");
  CsvColumns columns(rows, options, classifies);
  if (options.header) has_row = next_row(rows, pieces);
  const Index features = columns.count(CsvRole::feature), targets = columns.count(CsvRole::target);
  // Each field takes at least one byte with its delimiter. Without this bound, a wide header and many short
  // rows would allocate much more memory than the file has bytes.
  const Index most = std::min(std::max<Index>(size.rows - (options.header ? 1 : 0), 0),
                              size.bytes / static_cast<Index>(columns.all().size()) + 1);
  std::vector<Index> label_shape{most};
  if (!classifies) label_shape.push_back(targets);
  Dataset<Scalar, Label> data{Tensor<Scalar>::uninitialized(Shape{most, features}),
                              Tensor<Label>::uninitialized(Shape(label_shape))};
  Index count = 0;
  for (; has_row; has_row = next_row(rows, pieces)) {
    columns.check_size(rows);
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

template <std::floating_point Scalar, class Label>
Dataset<Scalar, Label> read_csv(const std::filesystem::path& file, const CsvOptions& options) {
  return parse_csv<Scalar, Label>([&] { return CsvPieces(PlainFile(file)); }, options, path_text(file));
}

}  // namespace detail

/// Parses CSV text as `read_csv` parses a file. Error messages start with `name`.
template <std::floating_point Scalar = float>
Dataset<Scalar, Scalar> parse_csv(std::string_view text, const CsvOptions& options = {},
                                  const std::string& name = "csv") {
  const auto open = [&] { return detail::CsvPieces(MemorySource(std::as_bytes(std::span(text)))); };
  return detail::parse_csv<Scalar, Scalar>(open, options, name);
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
  return detail::read_csv<Scalar, Scalar>(file, options);
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
  auto data = detail::read_csv<Scalar, Index>(file, options);
  data.class_names = data.categories[*options.target.begin()];
  data.classes = static_cast<Index>(data.class_names.size());
  return data;
}

}  // namespace gradus
