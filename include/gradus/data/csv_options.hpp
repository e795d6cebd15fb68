// SPDX-License-Identifier: MIT

#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/eigen.hpp>

namespace gradus {

/// Names of columns: `"price"` or `{"price", "rent"}`.
class ColumnNames {
 public:
  /// No column.
  ColumnNames() = default;
  /// One column.
  ColumnNames(const char* name) : names_{name} {}
  /// One column.
  ColumnNames(std::string name) : names_{std::move(name)} {}
  /// Several columns.
  ColumnNames(std::initializer_list<std::string> names) : names_(names) {}
  /// Several columns.
  ColumnNames(std::vector<std::string> names) : names_(std::move(names)) {}

  /// The first name.
  auto begin() const { return names_.begin(); }
  /// The end of the names.
  auto end() const { return names_.end(); }
  /// The number of names.
  Index size() const { return static_cast<Index>(names_.size()); }

 private:
  std::vector<std::string> names_;
};

/// Ways to treat a missing value.
enum class MissingValues {
  refuse,    ///< The file is refused. The message names line and column.
  nan,       ///< The value is NaN. A missing target is refused.
  drop_row,  ///< The row is left out.
};

/// The options of read_csv.
struct CsvOptions {
  ColumnNames target = {};       ///< The columns to predict.
  ColumnNames categorical = {};  ///< Columns of text. Their values become 0, 1, ... in alphabetical order.
  ColumnNames ignore = {};       ///< Columns that are left out.
  char delimiter = ',';          ///< What separates fields.
  bool header = true;  ///< The first row has the names of the columns; otherwise they are `0`, `1`, ...
  /// What happens to a missing value.
  MissingValues missing = MissingValues::refuse;
  /// The values that count as missing, besides an empty one.
  std::vector<std::string> missing_texts = {"NA", "N/A", "NaN", "nan", "null", "NULL", "?"};
  /// The categories of another file, as in `{.categories = train.categories}`, so that both have the same
  /// numbers. Other values are refused.
  std::map<std::string, std::vector<std::string>> categories = {};
};

}  // namespace gradus
