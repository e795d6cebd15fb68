// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#if defined(_WIN32)
#include <io.h>
#elif defined(__unix__) || defined(__APPLE__)
#include <sys/ioctl.h>
#endif

#include <gradus/core/index.hpp>

namespace gradus {

namespace detail {

/// Returns the columns of the file's terminal: 0 if unknown, -1 if the file is not a terminal.
inline Index window_columns(std::FILE* file) {
  if (file == nullptr) return -1;
#if defined(_WIN32)
  return _isatty(_fileno(file)) != 0 ? 0 : -1;
#elif (defined(__unix__) || defined(__APPLE__)) && defined(TIOCGWINSZ)
  struct winsize size {};
  return ioctl(fileno(file), TIOCGWINSZ, &size) == 0 ? Index{size.ws_col} : -1;
#else
  return -1;
#endif
}

}  // namespace detail

/// Returns whether the file writes to a terminal.
inline bool is_terminal(std::FILE* file) { return detail::window_columns(file) >= 0; }

/// Returns the current number of columns of the file's terminal, or else the environment variable COLUMNS, or
/// else 80.
inline Index terminal_width(std::FILE* file) {
  if (const Index columns = detail::window_columns(file); columns > 0) return columns;
  if (const char* const variable = std::getenv("COLUMNS")) {
    const std::string_view text(variable);
    int columns = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
    if (error == std::errc() && end == text.data() + text.size() && columns > 0) return columns;
  }
  return 80;
}

namespace detail {

/// Returns how many columns a character takes, given its first UTF-8 byte; 0 for a continuation byte.
/// Characters from U+1000 on count as wide; most are.
inline std::size_t columns_of(char byte) {
  const auto bits = static_cast<unsigned char>(byte);
  const bool continues = (bits & 0xC0U) == 0x80U;
  return continues ? 0 : bits >= 0xE1U ? 2 : 1;
}
inline std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (const char byte : text) columns += columns_of(byte);
  return columns;
}

/// Returns the longest prefix of the text that fits, without splitting a character.
inline std::string_view cut_to_columns(std::string_view text, std::size_t columns) {
  std::size_t end = 0;
  for (std::size_t used = 0; end < text.size(); ++end) {
    used += columns_of(text[end]);
    if (used > columns) break;
  }
  return text.substr(0, end);
}

}  // namespace detail

/// A terminal line that is overwritten in place, such as a progress bar. It queries the width on each update
/// and leaves the last column free, so it never wraps or scrolls. It needs no escape codes.
class StatusLine {
 public:
  /// A function that returns the number of columns of the file's terminal.
  using Width = std::function<Index(std::FILE*)>;

  /// Creates an empty line. `width` returns the number of columns.
  explicit StatusLine(std::FILE* out, Width width = terminal_width) : out_(out), width_(std::move(width)) {}

  /// Returns the number of columns that a text may fill now.
  std::size_t room() const { return to_size(std::max<Index>(width_(out_), 1) - 1); }

  /// Replaces the line, truncated to the available columns. The text must not contain line breaks.
  void show(std::string_view text) {
    const std::size_t available = room();
    const std::string_view seen = detail::cut_to_columns(text, available);
    const std::size_t columns = detail::columns_of(seen);
    write(seen, std::min(shown_, available), columns);
    shown_ = columns;
  }

  /// Erases the line and returns the cursor to its start.
  void clear() {
    if (shown_ == 0) return;
    write("", std::min(shown_, room()), 0);
    std::fputs("\r", out_);
    std::fflush(out_);
    shown_ = 0;
  }

 private:
  /// Writes the text over the previous one and pads with spaces where that one was longer.
  void write(std::string_view text, std::size_t before, std::size_t now) {
    const std::string line = "\r" + std::string(text) + std::string(before - std::min(before, now), ' ');
    std::fwrite(line.data(), 1, line.size(), out_);
    std::fflush(out_);
  }

  std::FILE* out_;
  Width width_;
  std::size_t shown_ = 0;
};

}  // namespace gradus
