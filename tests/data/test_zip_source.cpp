// SPDX-License-Identifier: MIT

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/core/positioned_file.hpp>
#include <gradus/data/zip_source.hpp>

#include "../support/temporary_folder.hpp"

using gradus::FileError;
using gradus::PositionedFile;
using gradus::detail::ZipEntry;
using gradus::detail::ZipSource;

namespace {

/// A local header, a name of one byte, and `abc`, stored uncompressed.
const std::string stored =
    std::string("PK\3\4") + std::string(22, '\0') + std::string("\1\0\0\0", 4) + "n" + "abc";

}  // namespace

TEST_CASE("ZipSource: reads stored entries and verifies them") {
  const gradus::test::TemporaryFolder folder("zip_source");
  const PositionedFile file(gradus::test::write_file(folder.path / "a.zip", stored));
  constexpr std::uint32_t checksum = 0x352441c2;  // of abc
  std::array<std::byte, 9> out{};
  ZipSource source(file, ZipEntry{"n", 0, 3, 3, checksum, 0}, "a.zip");
  CHECK(source.bound() == 3);
  CHECK(source.name() == "a.zip: n");
  CHECK(source.read(out) == 3);
  CHECK(out[2] == std::byte{'c'});
  CHECK(source.read(out) == 0);
  ZipSource wrong(file, ZipEntry{"n", 0, 3, 3, checksum + 1, 0}, "a.zip");
  CHECK_THROWS_WITH_AS(wrong.read(out), "NpzFile: a.zip: n: CRC-32 is 891568578, expected 891568579",
                       FileError);
}

TEST_CASE("ZipSource: refuses impossible sizes") {
  const gradus::test::TemporaryFolder folder("zip_source");
  const PositionedFile file(gradus::test::write_file(folder.path / "a.zip", stored));
  for (const ZipEntry& bad :
       {ZipEntry{"n", 0, 4, 4, 0, 0}, ZipEntry{"n", 0, 3, 4, 0, 0}, ZipEntry{"n", 1, 3, 3, 0, 0},
        ZipEntry{"n", 1'000'000'000'000, 3, 3, 0, 0}, ZipEntry{"n", 0, 3, 1'000'000'000, 0, 8}})
    CHECK_THROWS_AS(ZipSource(file, bad, "a.zip"), FileError);
  ZipSource damaged(file, ZipEntry{"n", 0, 3, 100, 0, 8}, "a.zip");
  std::array<std::byte, 100> out{};
  CHECK_THROWS_AS(damaged.read(out), FileError);
}
