// SPDX-License-Identifier: MIT

#include <cerrno>
#include <cstdio>
#include <string>

#include <doctest/doctest.h>

#include <gradus/core/file.hpp>

#include "../support/temporary_folder.hpp"

using gradus::test::message_of;

TEST_CASE("open_file: returns a handle that closes itself, or null and errno") {
  const gradus::test::TemporaryFolder folder("file_open");
  {
    const gradus::FileHandle file = gradus::open_file(folder.path / "file", "wb");
    REQUIRE(file);
    CHECK(std::fputs("text", file.get()) >= 0);
  }
  CHECK(gradus::test::read_file(folder.path / "file") == "text");
  CHECK_FALSE(gradus::open_file(folder.path / "missing", "rb"));
  CHECK(errno == ENOENT);
}

TEST_CASE("throw_file: names the path, the operation and the system's reason") {
  CHECK(message_of<gradus::FileError>([] { gradus::throw_file("a/b", "cannot be opened", ENOENT); }) ==
        "a/b: cannot be opened: No such file or directory");
}

TEST_CASE("path_text: a path cannot control the terminal") {
  CHECK(gradus::path_text("a/b c") == "a/b c");
  CHECK(gradus::path_text("a\n\x1b[31m") == "a\\n\\x1b[31m");
  CHECK(message_of<gradus::FileError>([] {
          gradus::throw_file("a\nb", "is", EIO);
        }).starts_with("a\\nb: is: "));
#if !defined(_WIN32)
  CHECK(gradus::path_text("caf\xe9") == "caf\\xe9");
#endif
}
