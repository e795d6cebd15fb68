// SPDX-License-Identifier: MIT

#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/index.hpp>

namespace gradus {

/// Column names: `"price"` or `{"price", "rent"}`.
class ColumnNames {
 public:
  /// No columns.
  ColumnNames() = default;
  /// One column.
  ColumnNames(const char* name) : names_{name} {}
  /// One column.
  ColumnNames(std::string name) : names_{std::move(name)} {}
  /// Several columns.
  ColumnNames(std::initializer_list<std::string> names) : names_(names) {}
  /// Several columns.
  ColumnNames(std::vector<std::string> names) : names_(std::move(names)) {}

  /// Returns an iterator to the first name.
  auto begin() const { return names_.begin(); }
  /// Returns the end iterator.
  auto end() const { return names_.end(); }
  /// Returns the number of names.
  Index size() const { return static_cast<Index>(names_.size()); }

 private:
  std::vector<std::string> names_;
};

/// How a missing value is handled.
enum class MissingValues {
  refuse,    ///< throws FileError, with the line and column
  nan,       ///< the value becomes NaN; a missing target throws
  drop_row,  ///< the row is dropped
};

/// The options of read_csv.
struct CsvOptions {
  ColumnNames target = {};       ///< columns to predict
  ColumnNames categorical = {};  ///< text columns, encoded as 0, 1, ... in alphabetical order
  ColumnNames ignore = {};       ///< columns to skip
  char delimiter = ',';          ///< separates fields
  char decimal = '.';            ///< the decimal point, `.` or `,`; numbers with a comma are read more slowly
  bool header = true;  ///< whether the first row holds the column names; without it they are `0`, `1`, ...
  /// How missing values are handled.
  MissingValues missing = MissingValues::refuse;
  /// Values treated as missing, besides the empty string.
  std::vector<std::string> missing_texts = {"NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "?"};
  /// Categories from another file, so that both use the same numbers: `{.categories = train.categories}`. Any
  /// other value throws.
  std::map<std::string, std::vector<std::string>> categories = {};
};

}  // namespace gradus
