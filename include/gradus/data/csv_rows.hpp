// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/index.hpp>

namespace gradus::detail {

/// Finds the first delimiter, line end or quotation mark, 8 characters at a time.
class FindFieldEnd {
 public:
  explicit FindFieldEnd(char delimiter) : delimiter_(delimiter), delimiters_(repeat(delimiter)) {}

  /// Returns the place of the first in [at, end), or `end`.
  const char* operator()(const char* at, const char* end) const {
    if constexpr (std::endian::native == std::endian::little) {
      for (; end - at >= 8; at += 8) {
        std::uint64_t word;
        std::memcpy(&word, at, sizeof word);
        const std::uint64_t found =
            zeros(word ^ delimiters_) | zeros(word ^ repeat('\n')) | zeros(word ^ repeat('"'));
        if (found != 0) return at + std::countr_zero(found) / 8;
      }
    }
    while (at != end && *at != delimiter_ && *at != '\n' && *at != '"') ++at;
    return at;
  }

 private:
  static constexpr std::uint64_t ones = 0x0101010101010101;
  static constexpr std::uint64_t repeat(char c) { return ones * static_cast<unsigned char>(c); }
  /// Sets the highest bit of the first byte that is 0. Bytes after it may have theirs set as well.
  static constexpr std::uint64_t zeros(std::uint64_t word) { return (word - ones) & ~word & (ones << 7); }

  char delimiter_;
  std::uint64_t delimiters_;
};

/// Splits comma-separated values (RFC 4180) into rows. Fields may be quoted, with `""` for a quotation mark,
/// and lines end in LF or CRLF. Blank lines and a byte order mark are skipped.
class CsvRows {
 public:
  /// Reads `text`, which must outlive this object. Error messages start with `file`.
  CsvRows(std::string_view text, char delimiter, std::string file)
      : at_(text.data()),
        end_(text.data() + text.size()),
        delimiter_(delimiter),
        ends_(delimiter),
        file_(std::move(file)) {
    if (delimiter == '"' || delimiter == '\n' || delimiter == '\r')
      throw ArgumentError("read_csv: the delimiter is " + in_quotes(std::string_view(&delimiter, 1)) +
                          ", expected a character other than a quotation mark or a line break");
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text.starts_with(byte_order_mark)) at_ += byte_order_mark.size();
  }

  /// Reads the next row. Returns false at the end. Throws FileError if the row is malformed.
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

  /// Returns the fields of the row, without quotation marks. Valid until the next call to `next`.
  const std::vector<std::string_view>& fields() const { return fields_; }
  /// Returns the number of the line where the row starts, counting from 1.
  Index line() const { return line_; }

  /// Returns an upper bound on the number of rows left, exact unless a row is malformed.
  Index count() const {
    Index rows = 0;
    bool is_quoted = false;
    const bool has_quotes = std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_)) != nullptr;
    const char* line = at_;
    for (const char* at = at_; at != end_; ++at) {
      if (!has_quotes) {
        const void* const found = std::memchr(at, '\n', static_cast<std::size_t>(end_ - at));
        if (found == nullptr) break;
        at = static_cast<const char*>(found);
      }
      is_quoted = is_quoted != (*at == '"');
      if (*at != '\n' || is_quoted) continue;
      rows += is_blank({line, at}) ? 0 : 1;
      line = at + 1;
    }
    return rows + (is_blank({line, end_}) ? 0 : 1);
  }

  /// Throws FileError: `file: line 3: what`.
  [[noreturn]] void fail(const std::string& what) const {
    throw FileError(file_ + ": line " + std::to_string(line_) + ": " + what);
  }

 private:
  /// Returns whether a line without its LF is blank.
  static bool is_blank(std::string_view line) { return line.empty() || line == "\r"; }

  void skip_blank_lines() {
    while (at_ != end_) {
      const bool is_return = *at_ == '\r' && (at_ + 1 == end_ || at_[1] == '\n');
      if (*at_ != '\n' && !is_return) return;
      at_ += is_return && at_ + 1 != end_ ? 2 : 1;
      ++next_line_;
    }
  }

  std::string_view plain_field() {
    const char* const begin = at_;
    at_ = ends_(at_, end_);
    if (at_ != end_ && *at_ == '"')
      fail("column " + column() + ": a quotation mark inside an unquoted field");
    const bool ends_line = at_ == end_ || *at_ == '\n';
    const auto length = static_cast<std::size_t>(at_ - begin);
    return {begin, ends_line && length > 0 && at_[-1] == '\r' ? length - 1 : length};
  }

  std::string_view quoted_field() {
    const char* const begin = ++at_;
    bool has_pairs = false;
    for (;; ++at_) {
      if (at_ == end_) fail("column " + column() + ": a quoted field is not closed");
      if (*at_ == '\n') ++next_line_;
      if (*at_ != '"') continue;
      if (at_ + 1 == end_ || at_[1] != '"') break;
      has_pairs = true;
      ++at_;
    }
    const std::string_view field(begin, static_cast<std::size_t>(at_ - begin));
    ++at_;
    if (at_ != end_ && *at_ == '\r' && (at_ + 1 == end_ || at_[1] == '\n')) ++at_;
    if (at_ != end_ && *at_ != delimiter_ && *at_ != '\n')
      fail("column " + column() + ": text after the closing quotation mark");
    return has_pairs ? unquoted(field) : field;
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
  FindFieldEnd ends_;
  std::string file_;
  Index line_ = 0;
  Index next_line_ = 1;
  std::vector<std::string_view> fields_;
  std::deque<std::string> unquoted_;  // a deque because fields refer to its elements
  std::size_t unquoted_count_ = 0;
};

}  // namespace gradus::detail
