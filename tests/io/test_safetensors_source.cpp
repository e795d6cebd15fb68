// SPDX-License-Identifier: MIT

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <gradus/io/safetensors_source.hpp>

#include "../support/temporary_folder.hpp"

namespace {

using gradus::FileError;
using gradus::MemoryMap;
using gradus::SafetensorsSource;
using gradus::test::TemporaryFolder;

std::string read_at(const SafetensorsSource& source, std::uint64_t position, std::size_t size) {
  std::string text(size, '\0');
  text.resize(source.read(position, std::as_writable_bytes(std::span(text))));
  return text;
}

}  // namespace

TEST_CASE("SafetensorsSource: a path, a map and memory give the same bytes") {
  const TemporaryFolder folder("source");
  const std::string text = "0123456789";
  const auto path = gradus::test::write_file(folder.path / "file", text);
  const SafetensorsSource file(path), map(MemoryMap{path}), memory(std::as_bytes(std::span(text)));
  const SafetensorsSource by_text(path.string()), by_characters(path.string().c_str());
  CHECK(by_text.name() == file.name());
  CHECK(by_characters.size() == 10);
  CHECK(map.name() == file.name());
  CHECK(memory.name() == "memory");
  CHECK(SafetensorsSource(std::as_bytes(std::span(text)), "a\n").name() == "a\\n");
  for (const SafetensorsSource* source : {&file, &map, &memory}) {
    CHECK(source->size() == 10);
    CHECK(read_at(*source, 0, 10) == text);
    CHECK(read_at(*source, 3, 4) == "3456");
    CHECK(read_at(*source, 8, 5) == "89");
    CHECK(read_at(*source, 10, 1) == "");
    CHECK(read_at(*source, std::numeric_limits<std::int32_t>::max(), 1) == "");
  }
  CHECK(read_at(memory, std::numeric_limits<std::uint64_t>::max(), 1) == "");
}

TEST_CASE("SafetensorsSource: a moved source continues reading") {
  const TemporaryFolder folder("source_moved");
  SafetensorsSource map(MemoryMap(gradus::test::write_file(folder.path / "file", "abc")));
  const SafetensorsSource moved = std::move(map);
  CHECK(read_at(moved, 1, 2) == "bc");
  CHECK_THROWS_AS(SafetensorsSource("/nonexistent/file"), FileError);
}
