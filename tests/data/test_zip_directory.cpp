// SPDX-License-Identifier: MIT

#include <array>
#include <cstddef>
#include <string>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/core/positioned_file.hpp>
#include <gradus/data/zip_directory.hpp>

#include "../support/temporary_folder.hpp"

using gradus::FileError;
using gradus::PositionedFile;
using gradus::detail::little_endian_at;
using gradus::detail::ZipDirectory;

namespace {

/// Returns a little-endian number of `count` bytes.
std::string bytes(unsigned long long value, int count) {
  std::string text;
  for (int i = 0; i < count; ++i, value >>= 8) text += static_cast<char>(value & 0xff);
  return text;
}

/// Returns an archive of one entry whose sizes and position are in a zip64 field, and whose directory is
/// found through the zip64 records.
std::string zip64(unsigned long long position) {
  const std::string extra =
      bytes(1, 2) + bytes(24, 2) + bytes(5'000'000'000, 8) + bytes(4'900'000'000, 8) + bytes(7, 8);
  const std::string entry = bytes(0x02014b50, 4) + bytes(0, 6) + bytes(8, 2) + bytes(0, 4) +
                            bytes(0xabcd, 4) + bytes(0xffffffff, 4) + bytes(0xffffffff, 4) + bytes(5, 2) +
                            bytes(extra.size(), 2) + bytes(2, 2) + bytes(0, 8) + bytes(0xffffffff, 4) +
                            "a.npy" + extra + "no";
  const std::string end64 = bytes(0x06064b50, 4) + bytes(44, 8) + bytes(0, 12) + bytes(1, 8) + bytes(1, 8) +
                            bytes(entry.size(), 8) + bytes(position, 8);
  const std::string locator = bytes(0x07064b50, 4) + bytes(0, 4) + bytes(entry.size(), 8) + bytes(1, 4);
  const std::string end = bytes(0x06054b50, 4) + bytes(0, 4) + bytes(0xffff, 2) + bytes(0xffff, 2) +
                          bytes(0xffffffff, 4) + bytes(0xffffffff, 4) + bytes(7, 2) + "comment";
  return entry + end64 + locator + end;
}

}  // namespace

TEST_CASE("little_endian_at: reads one to eight bytes") {
  const std::array<std::byte, 3> numbers{std::byte{1}, std::byte{2}, std::byte{3}};
  CHECK(little_endian_at(numbers, 1, 1) == 2);
  CHECK(little_endian_at(numbers, 0, 3) == 0x030201);
}

TEST_CASE("ZipDirectory: reads zip64 and skips comments") {
  const gradus::test::TemporaryFolder folder("zip_directory");
  const PositionedFile file(gradus::test::write_file(folder.path / "a.npz", zip64(0)));
  const auto entries = ZipDirectory(file, "a").read();
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].name == "a.npy");
  CHECK(entries[0].unpacked_size == 5'000'000'000);
  CHECK(entries[0].packed_size == 4'900'000'000);
  CHECK(entries[0].position == 7);
  CHECK(entries[0].checksum == 0xabcd);
  CHECK(entries[0].method == 8);
}

TEST_CASE("ZipDirectory: refuses files that are not archives") {
  const gradus::test::TemporaryFolder folder("zip_directory");
  for (const std::string& bad : {std::string(), std::string("PK"), std::string(100, 'x'), zip64(1'000'000),
                                 zip64(1), zip64(0).substr(1)}) {
    const PositionedFile file(gradus::test::write_file(folder.path / "bad.npz", bad));
    CHECK_THROWS_AS(ZipDirectory(file, "bad").read(), FileError);
  }
}
