// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include <gradus/core/index.hpp>
#include <gradus/data/byte_source.hpp>

namespace gradus::detail {

/// Returns whether a text has an odd number of quotation marks. Looks at 8 characters at a time.
inline bool has_odd_quotes(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101, low_bits = 0x7f * ones;
  std::uint64_t odd = 0;  // the highest bit of byte k: the parity of place k of all words
  for (; text.size() >= 8; text.remove_prefix(8)) {
    std::uint64_t word;
    std::memcpy(&word, text.data(), sizeof word);
    const std::uint64_t rest = word ^ (ones * std::uint64_t{'"'});  // a byte is 0 for a quotation mark
    odd ^= ~(((rest & low_bits) + low_bits) | rest | low_bits);
  }
  return (std::popcount(odd) + std::ranges::count(text, '"')) % 2 != 0;
}

/// Returns the end of the last row that is complete: the position after the last LF outside quotation marks,
/// or 0. `text` must start with a row.
inline std::size_t last_row_end(std::string_view text) {
  bool is_quoted = has_odd_quotes(text);
  for (std::size_t size = text.size(); size > 0; --size) {
    const char last = text[size - 1];
    if (last == '\n' && !is_quoted) return size;
    is_quoted = is_quoted != (last == '"');
  }
  return 0;
}

/// Returns the number of rows in a text that starts with a row. Blank lines do not count. The result is an
/// upper bound unless a row is malformed.
inline Index count_csv_rows(std::string_view text) {
  const auto counts = [](std::string_view line) { return line.empty() || line == "\r" ? 0 : 1; };
  const bool has_quotes = text.find('"') != std::string_view::npos;
  Index rows = 0;
  bool is_quoted = false;
  std::size_t row = 0, line = 0;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', line)) {
    if (has_quotes) is_quoted = is_quoted != has_odd_quotes(text.substr(line, end - line));
    line = end + 1;
    if (is_quoted) continue;
    rows += counts(text.substr(row, end - row));
    row = line;
  }
  return rows + counts(text.substr(row));
}

/// Reads a CSV file in pieces of whole rows. A piece stays in cache while it is parsed, and memory does not
/// grow with the file: read_csv takes 0.77 times as long for 78 MB as with the whole file in memory.
template <ByteSource Source>
class CsvPieces {
 public:
  /// Bytes per piece. 64 KiB is as fast here; 1 MiB is 3% slower.
  static constexpr std::size_t default_size = std::size_t{256} * 1024;

  /// Reads `size` bytes at a time, or more if a row is longer.
  explicit CsvPieces(Source source, std::size_t size = default_size) : source_(std::move(source)) {
    reserve(size);
  }

  /// Returns the next rows, or an empty text at the end. Only the last row of the file may lack its line end.
  /// Valid until the next call. Throws FileError if the source cannot be read.
  std::string_view next() {
    size_ -= piece_;
    std::memmove(text_.get(), text_.get() + piece_, size_);
    for (;;) {
      const std::size_t wanted = limited(capacity_) - size_;
      const std::size_t count = source_.read(std::as_writable_bytes(std::span(text_.get() + size_, wanted)));
      size_ += count;
      const bool is_last = count < wanted || source_.bound() == 0;
      const std::string_view text(text_.get(), size_);
      piece_ = is_last ? size_ : last_row_end(text);
      if (piece_ > 0 || is_last) return text.substr(0, piece_);
      reserve(2 * capacity_);
    }
  }

 private:
  /// Limits a size to the text in memory and what the source still has.
  std::size_t limited(std::size_t size) const {
    return static_cast<std::size_t>(std::min<std::uint64_t>(size, size_ + source_.bound()));
  }
  /// Sets the capacity and keeps the text.
  void reserve(std::size_t capacity) {
    capacity_ = limited(capacity);
    auto text = std::make_unique_for_overwrite<char[]>(capacity_);
    if (size_ > 0) std::memcpy(text.get(), text_.get(), size_);
    text_ = std::move(text);
  }

  Source source_;
  std::unique_ptr<char[]> text_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;   // of the text in memory
  std::size_t piece_ = 0;  // of the rows returned last, with which the text starts
};

}  // namespace gradus::detail
