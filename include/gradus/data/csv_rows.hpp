// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <deque>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/index.hpp>
#include <gradus/data/csv_field_end.hpp>
#include <gradus/data/csv_number.hpp>

namespace gradus::detail {

/// A field of a row.
struct CsvField {
  std::string_view text = {};                                ///< without quotation marks
  double number = std::numeric_limits<double>::quiet_NaN();  ///< the text's value if scan_number finds it
};

/// Splits comma-separated values (RFC 4180) into rows. Fields may be quoted, with `""` for a quotation mark,
/// and lines end in LF or CRLF. Blank lines and a byte order mark are skipped.
class CsvRows {
 public:
  /// Reads `text`, which must outlive this object. Error messages start with `file`. Throws ArgumentError for
  /// a delimiter or a decimal point that cannot be one.
  CsvRows(std::string_view text, char delimiter, std::string file, char decimal = '.')
      : at_(text.data()),
        end_(text.data() + text.size()),
        delimiter_(delimiter),
        scans_numbers_(decimal == '.' &&
                       std::string_view("0123456789+-.eE").find(delimiter) == std::string_view::npos),
        ends_(delimiter),
        file_(std::move(file)) {
    if (delimiter == '"' || delimiter == '\n' || delimiter == '\r')
      throw ArgumentError("read_csv: the delimiter is " + in_quotes(std::string_view(&delimiter, 1)) +
                          ", expected a character other than a quotation mark or a line break");
    if (decimal != '.' && (decimal != ',' || decimal == delimiter))
      throw ArgumentError("read_csv: the decimal point is " + in_quotes(std::string_view(&decimal, 1)) +
                          R"(, expected "." or, with another delimiter, ",")");
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text.starts_with(byte_order_mark)) at_ += byte_order_mark.size();
  }

  /// Continues with the text that follows the one read so far, which must end with a row. Fields of the
  /// current row are no longer valid.
  void resume(std::string_view text) {
    at_ = text.data();
    end_ = at_ + text.size();
  }

  /// Reads the next row. Returns false at the end of the text. Throws FileError if the row is malformed.
  bool next() {
    fields_.clear();
    unquoted_count_ = 0;
    skip_blank_lines();
    if (at_ == end_) return false;
    line_ = next_line_;
    do {
      fields_.push_back(*at_ == '"' ? quoted_field() : plain_field());
    } while (continues());
    return true;
  }

  /// Returns the fields of the row. Valid until the next call to `next`.
  const std::vector<CsvField>& fields() const { return fields_; }
  /// Returns the number of the line where the row starts, counting from 1.
  Index line() const { return line_; }

  /// Throws FileError: `file: line 3: what`.
  [[noreturn]] void fail(const std::string& what) const {
    throw FileError(file_ + ": line " + std::to_string(line_) + ": " + what);
  }

 private:
  void skip_blank_lines() {
    while (at_ != end_) {
      const char* const line_end = skip_return(at_);
      if (line_end == at_ && *at_ != '\n') return;
      at_ = line_end == end_ ? end_ : line_end + 1;
      ++next_line_;
    }
  }

  /// Returns the position after a CR that belongs to a line end, otherwise the same one.
  const char* skip_return(const char* at) const {
    const bool is_return = at != end_ && *at == '\r' && (at + 1 == end_ || at[1] == '\n');
    return is_return ? at + 1 : at;
  }
  bool is_field_end(const char* at) const { return at == end_ || *at == delimiter_ || *at == '\n'; }

  CsvField plain_field() {
    const char* const begin = at_;
    if (scans_numbers_) {
      // Most fields are numbers. Scanning one also finds the end of the field.
      const ScannedNumber number = scan_number(begin, end_);
      if (number.end != nullptr) {
        at_ = skip_return(number.end);
        if (is_field_end(at_)) return {{begin, number.end}, number.value};
      }
    }
    at_ = ends_(begin, end_);
    if (at_ != end_ && *at_ == '"')
      fail("column " + column() + ": an unquoted field contains a quotation mark");
    const bool is_line_end = at_ == end_ || *at_ == '\n';
    const bool has_return = is_line_end && at_ != begin && at_[-1] == '\r';
    return {{begin, has_return ? at_ - 1 : at_}};
  }

  CsvField quoted_field() {
    const char* const begin = ++at_;
    bool has_pairs = false;
    for (;; ++at_) {
      if (at_ == end_)
        fail("column " + column() + ": a quoted field is not closed, expected a quotation mark");
      if (*at_ == '\n') ++next_line_;
      if (*at_ != '"') continue;
      if (at_ + 1 == end_ || at_[1] != '"') break;
      has_pairs = true;
      ++at_;
    }
    const char* const end = at_;
    at_ = skip_return(at_ + 1);
    if (!is_field_end(at_))
      fail("column " + column() +
           ": text follows the closing quotation mark, expected a delimiter or a line end");
    if (has_pairs) return {unquoted({begin, end})};
    if (!scans_numbers_) return {{begin, end}};
    const ScannedNumber number = scan_number(begin, end);
    if (number.end != end) return {{begin, end}};
    return {{begin, end}, number.value};
  }

  /// Skips the delimiter or line end. Returns whether the row has another field.
  bool continues() {
    if (at_ == end_) return false;
    if (*at_++ == '\n') {
      ++next_line_;
      return false;
    }
    if (at_ != end_) return true;
    fields_.emplace_back();  // the file ends with a delimiter
    return false;
  }

  std::string_view unquoted(std::string_view field) {
    if (unquoted_count_ == unquoted_.size()) unquoted_.emplace_back();
    std::string& text = unquoted_[unquoted_count_++];
    text.clear();
    for (std::size_t i = 0; i < field.size(); ++i) {
      text += field[i];
      if (field[i] == '"') ++i;
    }
    return text;
  }

  std::string column() const { return std::to_string(fields_.size() + 1); }

  const char* at_;
  const char* end_;
  char delimiter_;
  bool scans_numbers_;  // false if a number can contain the delimiter or has a decimal comma
  FindFieldEnd ends_;
  std::string file_;
  Index line_ = 0;
  Index next_line_ = 1;
  std::vector<CsvField> fields_;
  std::deque<std::string> unquoted_;  // a deque because fields refer to its elements
  std::size_t unquoted_count_ = 0;
};

}  // namespace gradus::detail
