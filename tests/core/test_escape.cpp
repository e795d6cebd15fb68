// SPDX-License-Identifier: MIT

#include <string>

#include <doctest/doctest.h>

#include <gradus/core/escape.hpp>

using gradus::escaped;
using gradus::in_quotes;
using gradus::is_utf8;
using namespace std::string_literals;

TEST_CASE("escaped: text without control characters is unchanged") {
  CHECK(escaped("") == "");
  CHECK(escaped("3.bias \"x\" \\ ~") == "3.bias \"x\" \\ ~");
  CHECK(escaped("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x99\x82") == "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x99\x82");
}

TEST_CASE("escaped: no byte of a file can control the terminal") {
  CHECK(escaped("a\nb\rc\td") == "a\\nb\\rc\\td");
  CHECK(escaped("\x1b[2J\0\x07\x7f"s) == "\\x1b[2J\\x00\\x07\\x7f");
  CHECK(escaped("\xc2\x85\xc2\x9b") == "\\u0085\\u009b");                             // C1: next line, CSI
  CHECK(escaped("\xe2\x80\xae\xe2\x81\xa6\xe2\x80\xa8") == "\\u202e\\u2066\\u2028");  // bidi, line separator
  CHECK(escaped("\xef\xbb\xbf") == "\\ufeff");
  int wrong = 0;
  for (int pair = 0; pair < 65536; ++pair) {
    const std::string text =
        escaped(std::string{static_cast<char>(pair >> 8), static_cast<char>(pair & 0xff)});
    if (!is_utf8(text)) ++wrong;
    for (const char c : text) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) ++wrong;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("escaped: bytes that are not UTF-8 are shown as hexadecimal") {
  CHECK(escaped("\xff") == "\\xff");
  CHECK(escaped("a\x80z") == "a\\x80z");
  CHECK(escaped("\xc3") == "\\xc3");                             // cut short
  CHECK(escaped("\xc0\xaf") == "\\xc0\\xaf");                    // overlong
  CHECK(escaped("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // surrogate
  CHECK(escaped("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
}

TEST_CASE("escaped: a long text is cut between characters, and its length is given") {
  CHECK(escaped("abcdef", 6) == "abcdef");
  CHECK(escaped("abcdef", 5) == "abcde... (6 bytes)");
  CHECK(escaped("abc\xc3\xa9", 4) == "abc... (5 bytes)");
  CHECK(escaped(std::string(1'000'000, '\n'), 2) == "\\n\\n... (1000000 bytes)");
  CHECK(in_quotes(std::string(500, 'x')) == "\"" + std::string(120, 'x') + "...\" (500 bytes)");
}

TEST_CASE("in_quotes: quotation marks and backslashes are escaped") {
  CHECK(in_quotes("a") == "\"a\"");
  CHECK(in_quotes("a\"b\\n\n") == "\"a\\\"b\\\\n\\n\"");
}

TEST_CASE("is_utf8: accepts valid and refuses invalid sequences") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("\0 a \xc3\xa9 \xed\x9f\xbf \xee\x80\x80 \xf4\x8f\xbf\xbf"s));
  for (const char* text : {"\x80", "a\xff", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xed\xbf\xbf",
                           "\xf5\x80\x80\x80", "\xe2\x82", "\xe2\x28\xa1"}) {
    CHECK_FALSE(is_utf8(text));
  }
}
