// SPDX-License-Identifier: MIT

#include <array>
#include <cstddef>
#include <span>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include <gradus/core/atomic_file.hpp>
#include <gradus/data/byte_source.hpp>

#include "../support/temporary_folder.hpp"

namespace {

using gradus::ByteSource;
using gradus::FileError;
using gradus::MemorySource;
using gradus::PlainFile;
using gradus::StreamSource;

static_assert(ByteSource<PlainFile> && ByteSource<MemorySource> && ByteSource<StreamSource>);

template <ByteSource Source>
std::string read(Source& source, std::size_t count) {
  std::string text(count, '?');
  text.resize(source.read(std::as_writable_bytes(std::span(text))));
  return text;
}

/// Reads `hello` in two pieces and past its end.
template <ByteSource Source>
void check_hello(Source source) {
  CHECK(source.bound() == 5);
  CHECK(read(source, 2) == "he");
  CHECK(source.bound() == 3);
  CHECK(read(source, 9) == "llo");
  CHECK(source.bound() == 0);
  CHECK(read(source, 1).empty());
}

}  // namespace

TEST_CASE("ByteSource: a file, memory and a stream give the same bytes and bounds") {
  const gradus::test::TemporaryFolder folder("byte_source");
  gradus::write_text(folder.path / "hello", "hello");
  check_hello(PlainFile(folder.path / "hello"));
  const std::string text = "hello";
  check_hello(MemorySource(std::as_bytes(std::span(text))));
  std::istringstream stream("..hello");
  stream.ignore(2);
  check_hello(StreamSource(stream));
}

TEST_CASE("ByteSource: a missing file, a folder and a stream without a length are errors") {
  const gradus::test::TemporaryFolder folder("byte_source_errors");
  CHECK_THROWS_AS(PlainFile(folder.path / "missing"), FileError);
  CHECK_THROWS_AS(PlainFile(folder.path), FileError);
  std::istringstream stream("hello");
  stream.setstate(std::ios::failbit);
  CHECK_THROWS_WITH_AS(StreamSource(stream, "pipe"),
                       "StreamSource: pipe: length is unknown, expected a seekable stream", FileError);
}

TEST_CASE(
    "ByteSource: a stream that ends before its length returns what it has, then reports no more bytes") {
  std::stringstream stream("hello");
  StreamSource source(stream);
  stream.str("he");
  CHECK(read(source, 5) == "he");
  CHECK(source.bound() == 0);
}

TEST_CASE("ByteSource: names are safe to print") { CHECK(MemorySource({}, "a\nb").name() == "a\\nb"); }
