// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/data/byte_source.hpp>
#include <gradus/data/csv_pieces.hpp>

namespace {

using gradus::Generator;
using gradus::Index;
using gradus::MemorySource;
using gradus::detail::count_csv_rows;
using gradus::detail::CsvPieces;
using gradus::detail::has_odd_quotes;
using gradus::detail::last_row_end;

std::string random_text(Generator& random, Index most) {
  std::string text;
  for (Index size = random.below(most + 1); size > 0; --size) text += "a,\"\n\r"[random.below(5)];
  return text;
}

/// A source that notes the largest request, and claims to have `bound` bytes.
struct NotingSource {
  MemorySource source;
  std::uint64_t claimed;
  std::size_t* largest;

  std::size_t read(std::span<std::byte> out) {
    *largest = std::max(*largest, out.size());
    const std::size_t count = source.read(out);
    claimed -= std::min<std::uint64_t>(claimed, count);
    return count;
  }
  std::uint64_t bound() const { return claimed; }
  std::string name() const { return source.name(); }
};

struct Split {
  std::vector<std::string> pieces;
  std::size_t largest_request = 0;

  std::string joined() const {
    std::string all;
    for (const std::string& piece : pieces) all += piece;
    return all;
  }
};
Split split(const std::string& text, std::size_t size, std::uint64_t claimed) {
  Split result;
  CsvPieces pieces(
      NotingSource{MemorySource(std::as_bytes(std::span(text))), claimed, &result.largest_request}, size);
  for (auto piece = pieces.next(); !piece.empty(); piece = pieces.next()) result.pieces.emplace_back(piece);
  CHECK(pieces.next().empty());
  return result;
}

}  // namespace

TEST_CASE("has_odd_quotes: counts quotation marks among all characters, in texts of every length") {
  Generator random(2);
  for (int i = 0; i < 5000; ++i) {
    std::string text;
    for (Index size = random.below(40); size > 0; --size)
      text += static_cast<char>(random.below(4) == 0 ? '"' : "\xa2!# \x80\xff\x01\0"[random.below(8)]);
    CAPTURE(text);
    REQUIRE(has_odd_quotes(text) == (std::ranges::count(text, '"') % 2 != 0));
  }
}

TEST_CASE("last_row_end: finds the last line end outside quotation marks") {
  CHECK(last_row_end("") == 0);
  CHECK(last_row_end("a") == 0);
  CHECK(last_row_end("a\nb\nc") == 4);
  CHECK(last_row_end("a\n\"b\nc") == 2);
  CHECK(last_row_end("\"a\n\"\n\"b\n") == 5);
  Generator random(0);
  for (int i = 0; i < 2000; ++i) {
    const std::string text = random_text(random, 20);
    CAPTURE(text);
    std::size_t expected = 0;
    for (std::size_t size = 1; size <= text.size(); ++size) {
      const bool is_quoted = std::ranges::count(text.substr(0, size), '"') % 2 != 0;
      if (text[size - 1] == '\n' && !is_quoted) expected = size;
    }
    REQUIRE(last_row_end(text) == expected);
  }
}

TEST_CASE("count_csv_rows: counts rows that are not blank, with line ends within quotation marks") {
  CHECK(count_csv_rows("") == 0);
  CHECK(count_csv_rows("\n\r\n\r") == 0);
  CHECK(count_csv_rows("a") == 1);
  CHECK(count_csv_rows("a\n\nb\r\n") == 2);
  CHECK(count_csv_rows("\"a\n\nb\",c\nd") == 2);
  CHECK(count_csv_rows("\"\n\n\"\n\"a\"\n\n\"\"\n") == 3);
  CHECK(count_csv_rows("a\n\"b\nc\n") == 2);
}

TEST_CASE("CsvPieces: pieces of every size end with a row and make the whole text") {
  Generator random(1);
  for (int i = 0; i < 300; ++i) {
    const std::string text = random_text(random, 60);
    CAPTURE(text);
    for (std::size_t size = 1; size <= text.size() + 2; ++size) {
      const Split result = split(text, size, text.size());
      REQUIRE(result.joined() == text);
      for (std::size_t k = 0; k + 1 < result.pieces.size(); ++k)
        REQUIRE(last_row_end(result.pieces[k]) == result.pieces[k].size());
      REQUIRE(result.largest_request <= text.size());
    }
  }
}

TEST_CASE("CsvPieces: pieces stay small unless a row is longer") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "123\n";
  CHECK(split(text, 10, text.size()).pieces.size() == 50);
  CHECK(split(text, 10, text.size()).largest_request == 10);
  const std::string long_row = text + '"' + std::string(1000, '\n') + "\"\n" + text;
  const Split result = split(long_row, 10, long_row.size());
  CHECK(result.joined() == long_row);
  CHECK(result.pieces.front() == "123\n123\n");
  CHECK(std::ranges::max(result.pieces, {}, &std::string::size).size() < 1500);
}

TEST_CASE("CsvPieces: a file that shrinks ends early, of one that grows only the first size is read") {
  const std::string text = "1\n2\n3\n";
  CHECK(split(text, 3, 1'000'000'000'000).joined() == text);
  CHECK(split(text, 3, 4).joined().size() <= 4 + 3);
  CHECK(split(text, 100, 4).joined() == "1\n2\n");
  CHECK(split(text, 3, 0).joined().empty());
}
