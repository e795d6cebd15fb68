// SPDX-License-Identifier: MIT

#include <cerrno>
#include <span>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <gradus/core/descriptor.hpp>

#include "../support/temporary_folder.hpp"

using namespace gradus::detail;
using gradus::test::read_file;
using gradus::test::TemporaryFolder;

TEST_CASE("Descriptor: owns an open file and can be moved") {
  const TemporaryFolder folder("descriptor");
  Descriptor file = create_exclusively(folder.path / "file", true);
  REQUIRE(file);
  const int number = file.number();
  Descriptor other = std::move(file);
  CHECK(other.number() == number);
  CHECK(write_all(other, std::as_bytes(std::span("text", 4))) == 0);
  CHECK(sync(other) == 0);
  CHECK(other.close() == 0);
  CHECK_FALSE(other);
  CHECK(other.close() == 0);
  CHECK(read_file(folder.path / "file") == "text");
}

TEST_CASE("Descriptor: failures are errno values") {
  const TemporaryFolder folder("descriptor_errors");
  CHECK(create_exclusively(folder.path / "file", false));
  CHECK_FALSE(create_exclusively(folder.path / "file", false));
  CHECK(errno == EEXIST);
  CHECK_FALSE(open_to_write(folder.path / "missing"));
  CHECK(errno == ENOENT);
  CHECK(write_all(Descriptor(), std::as_bytes(std::span("text", 4))) == EBADF);
}

TEST_CASE("open_to_write, duplicate: continue at the end of the file") {
  const TemporaryFolder folder("descriptor_append");
  gradus::test::write_file(folder.path / "file", "one ");
  const Descriptor file = open_to_write(folder.path / "file");
  REQUIRE(file);
  const Descriptor again = duplicate(file.number());
  REQUIRE(again);
  CHECK(write_all(file, std::as_bytes(std::span("two ", 4))) == 0);
  CHECK(write_all(again, std::as_bytes(std::span("three", 5))) == 0);
  CHECK(read_file(folder.path / "file") == "one two three");
}
