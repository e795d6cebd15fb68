// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <gradus/core/escape.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>
#include <gradus/data/csv_categories.hpp>
#include <gradus/data/csv_number.hpp>
#include <gradus/data/csv_options.hpp>
#include <gradus/data/csv_rows.hpp>

namespace gradus::detail {

/// Limits on columns and categories, so that a small file cannot use much memory.
inline constexpr std::size_t most_csv_columns = 16'384, most_csv_categories = 10'000;

/// How a column of a file is used.
enum class CsvRole { feature, target, ignored };

/// A column of a file.
struct CsvColumn {
  std::string name;
  CsvRole role = CsvRole::feature;
  bool is_categorical = false;
  CsvCategories categories = {};
};

/// The columns of a file and their values.
class CsvColumns {
 public:
  /// Takes the names from the current row if `options.header` is set. Throws FileError if two columns share a
  /// name, there are too many, or the options name a column that does not exist.
  CsvColumns(CsvRows& rows, const CsvOptions& options, bool target_is_categorical) : options_(&options) {
    numbers_can_be_missing_ = std::ranges::any_of(options.missing_texts, [&](const std::string& text) {
      double number;
      return parse_csv_number(text, options.decimal, number);
    });
    const std::size_t count = rows.fields().size();
    if (count > most_csv_columns) {
      rows.fail(std::to_string(count) + " columns, expected at most " + std::to_string(most_csv_columns));
    }
    columns_.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
      columns_.push_back({options.header ? std::string(rows.fields()[i].text) : std::to_string(i)});
    refuse_duplicates(rows);
    for (const std::string& name : options.ignore) find(rows, "ignore", name).role = CsvRole::ignored;
    for (const std::string& name : options.target) {
      CsvColumn& column = find(rows, "target", name);
      column.role = CsvRole::target;
      column.is_categorical = target_is_categorical;
    }
    for (const std::string& name : options.categorical) find(rows, "categorical", name).is_categorical = true;
    for (CsvColumn& column : columns_) {
      const auto given = options.categories.find(column.name);
      if (column.is_categorical && given != options.categories.end())
        column.categories = CsvCategories(given->second);
    }
  }

  /// Returns the columns, in file order.
  const std::vector<CsvColumn>& all() const { return columns_; }
  /// Returns the number of columns with a role.
  Index count(CsvRole role) const { return std::ranges::count(columns_, role, &CsvColumn::role); }

  /// Throws FileError unless a row has one field per column.
  void check_size(const CsvRows& rows) const {
    if (rows.fields().size() == columns_.size()) return;
    rows.fail(std::to_string(rows.fields().size()) + " fields, expected " + std::to_string(columns_.size()));
  }
  /// Reads the features and targets of a row that check_size accepts. Returns false if the row must be
  /// dropped. Throws FileError.
  template <class Scalar, class Label>
  bool read(const CsvRows& rows, Scalar* features, Label* targets) {
    if (options_->missing == MissingValues::drop_row && misses_any(rows)) return false;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].role == CsvRole::feature) read_value(rows, i, *features++);
      if (columns_[i].role == CsvRole::target) read_value(rows, i, *targets++);
    }
    return true;
  }

 private:
  void refuse_duplicates(const CsvRows& rows) const {
    std::vector<std::string_view> names;
    names.reserve(columns_.size());
    for (const CsvColumn& column : columns_) names.push_back(column.name);
    std::ranges::sort(names);
    const auto twice = std::ranges::adjacent_find(names);
    if (twice != names.end()) rows.fail("two columns are named " + in_quotes(*twice));
  }
  CsvColumn& find(const CsvRows& rows, const char* option, const std::string& name) {
    const auto found = std::ranges::find(columns_, name, &CsvColumn::name);
    if (found != columns_.end()) return *found;
    std::string known;
    for (std::size_t i = 0; i < columns_.size() && i < 20; ++i)
      known += (i == 0 ? "" : ", ") + in_quotes(columns_[i].name);
    rows.fail("no column " + in_quotes(name) + ", named in ." + option + "; the columns are " + known +
              (columns_.size() > 20 ? ", ..." : ""));
  }

  [[noreturn]] void fail(const CsvRows& rows, std::size_t column, const std::string& what) const {
    rows.fail("column " + in_quotes(columns_[column].name) + ": " + what);
  }

  bool is_missing(std::string_view text) const {
    return text.empty() || std::ranges::find(options_->missing_texts, text) != options_->missing_texts.end();
  }

  bool misses_any(const CsvRows& rows) const {
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i].role != CsvRole::ignored && is_missing(rows.fields()[i].text)) return true;
    return false;
  }

  template <class T>
  void read_value(const CsvRows& rows, std::size_t i, T& value) {
    const auto [text, number] = rows.fields()[i];
    CsvColumn& column = columns_[i];
    if constexpr (std::floating_point<T>) {
      // Tried first because most values are numbers.
      const bool is_tried = !column.is_categorical && !(numbers_can_be_missing_ && is_missing(text));
      if (is_tried && (round_decimal(number, value) || parse_csv_number(text, options_->decimal, value)))
        return;
    }
    if (is_missing(text)) {
      value = missing_value<T>(rows, i);
      return;
    }
    if (!column.is_categorical) {
      fail(rows, i,
           in_quotes(text) + ", expected a finite number; list text columns in .categorical or .ignore");
    }
    const Index category = column.categories.number(text);
    if (category < 0) fail(rows, i, in_quotes(text) + " is not among the given categories");
    if (column.categories.size() > most_csv_categories) {
      fail(rows, i, "has more than " + std::to_string(most_csv_categories) + " categories");
    }
    value = static_cast<T>(category);
  }
  template <class T>
  T missing_value(const CsvRows& rows, std::size_t i) const {
    if (options_->missing != MissingValues::nan || columns_[i].role == CsvRole::target)
      fail(rows, i, "the value is missing, expected one; {.missing = MissingValues::drop_row} drops the row");
    return std::numeric_limits<T>::quiet_NaN();
  }

  const CsvOptions* options_;
  std::vector<CsvColumn> columns_;
  bool numbers_can_be_missing_ = false;  // a text for missing values is a number, such as -999
};

}  // namespace gradus::detail
