// SPDX-License-Identifier: MIT

#include <cstddef>
#include <cstring>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <gradus/core/memory_map.hpp>

#include "../support/temporary_folder.hpp"

using gradus::MemoryMap;
using gradus::test::message_of;
using gradus::test::TemporaryFolder;

TEST_CASE("MemoryMap: shows the bytes of a file, also after a move or after the file is deleted") {
  const TemporaryFolder folder("memory_map");
  const auto path = gradus::test::write_file(folder.path / "file", "0123456789");
  MemoryMap first(path);
  CHECK(first.path() == path);
  REQUIRE(first.bytes().size() == 10);
  const MemoryMap second = std::move(first);
  std::filesystem::remove(path);
  CHECK(std::memcmp(second.bytes().data(), "0123456789", 10) == 0);
  MemoryMap third(gradus::test::write_file(folder.path / "other", "ab"));
  MemoryMap fourth(gradus::test::write_file(folder.path / "empty", ""));
  CHECK(fourth.bytes().empty());
  fourth = std::move(third);
  CHECK(fourth.bytes().size() == 2);
  CHECK(fourth.path() == folder.path / "other");
}

TEST_CASE("MemoryMap: anything but a regular file is an error") {
  const TemporaryFolder folder("memory_map_none");
  const auto error_of = [](const std::filesystem::path& path) {
    return message_of<gradus::FileError>([&] { MemoryMap map(path); });
  };
  CHECK(error_of(folder.path / "none").ends_with("none: cannot be opened: No such file or directory"));
  CHECK(error_of(folder.path).ends_with(": cannot be opened: Is a directory"));
#if !defined(_WIN32)
  CHECK(error_of("/dev/null") == "/dev/null: is not a regular file");
#endif
}
