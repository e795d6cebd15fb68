// SPDX-License-Identifier: MIT

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <gradus/core/terminal.hpp>

#include "../support/pseudo_terminal.hpp"

namespace {

using gradus::Index;
using gradus::StatusLine;

std::unique_ptr<std::FILE, int (*)(std::FILE*)> temporary_file() { return {std::tmpfile(), std::fclose}; }

/// Returns what `shows` writes to a status line in a terminal with `columns` columns.
template <class Shows>
std::string written(Index columns, const Shows& shows) {
  const auto file = temporary_file();
  StatusLine line(file.get(), [&](std::FILE*) { return columns; });
  shows(line);
  std::string text(static_cast<std::size_t>(std::ftell(file.get())), '\0');
  std::rewind(file.get());
  REQUIRE(std::fread(text.data(), 1, text.size(), file.get()) == text.size());
  return text;
}

}  // namespace

TEST_CASE("is_terminal: a file is not a terminal") {
  CHECK_FALSE(gradus::is_terminal(temporary_file().get()));
  CHECK_FALSE(gradus::is_terminal(nullptr));
}

TEST_CASE("StatusLine: a shorter text erases the rest of a longer one") {
  CHECK(written(80, [](StatusLine& line) {
          line.show("long text");
          line.show("short");
          line.clear();
          line.clear();
        }) == "\rlong text\rshort    \r     \r");
}

TEST_CASE("StatusLine: the last column stays empty") {
  const auto show = [](StatusLine& line) { line.show("0123456789"); };
  CHECK(written(12, show) == "\r0123456789");
  CHECK(written(11, show) == "\r0123456789");
  CHECK(written(10, show) == "\r012345678");
  CHECK(written(2, show) == "\r0");
  for (const Index columns : {1, 0, -1}) CHECK(written(columns, show) == "\r");
}

TEST_CASE("StatusLine: no character is cut in half, and wide ones take two columns") {
  const auto show = [](StatusLine& line) { line.show("\u00e4\u00f6\u8a9e\u00fc"); };  // 1 + 1 + 2 + 1 columns
  CHECK(written(6, show) == "\r\u00e4\u00f6\u8a9e\u00fc");
  CHECK(written(5, show) == "\r\u00e4\u00f6\u8a9e");
  CHECK(written(4, show) == "\r\u00e4\u00f6");
  CHECK(written(3, show) == "\r\u00e4\u00f6");
  CHECK(written(2, show) == "\r\u00e4");
}

TEST_CASE("StatusLine: queries the width each time") {
  Index columns = 80;
  const auto file = temporary_file();
  StatusLine line(file.get(), [&](std::FILE*) { return columns; });
  line.show("0123456789");
  columns = 5;
  line.show("01");  // two spaces fit after it, not eight
  CHECK(std::ftell(file.get()) == 11 + 5);
  line.show("0123456789");
  line.clear();
  CHECK(std::ftell(file.get()) == 11 + 5 + 5 + 6);
}

#if defined(__unix__)
TEST_CASE("terminal_width: is the terminal's, otherwise COLUMNS, otherwise 80") {
  const char* const before = std::getenv("COLUMNS");
  const std::string saved = before != nullptr ? before : "";
  unsetenv("COLUMNS");

  gradus::test::PseudoTerminal terminal(47);
  CHECK(gradus::is_terminal(terminal.file()));
  CHECK(gradus::terminal_width(terminal.file()) == 47);
  terminal.resize(0);
  CHECK(gradus::is_terminal(terminal.file()));
  CHECK(gradus::terminal_width(terminal.file()) == 80);
  CHECK(gradus::terminal_width(temporary_file().get()) == 80);

  setenv("COLUMNS", "60", 1);
  CHECK(gradus::terminal_width(terminal.file()) == 60);
  CHECK(gradus::terminal_width(temporary_file().get()) == 60);
  CHECK(gradus::terminal_width(nullptr) == 60);
  terminal.resize(47);
  CHECK(gradus::terminal_width(terminal.file()) == 47);
  for (const char* const wrong : {"", "0", "-5", "wide", "60x", "99999999999999999999"}) {
    setenv("COLUMNS", wrong, 1);
    CHECK(gradus::terminal_width(nullptr) == 80);
  }

  if (before != nullptr)
    setenv("COLUMNS", saved.c_str(), 1);
  else
    unsetenv("COLUMNS");
}
#endif
