// SPDX-License-Identifier: MIT

#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include <gradus/core/atomic_file.hpp>
#include <gradus/core/destination.hpp>

#include "../support/temporary_folder.hpp"

namespace {

namespace fs = std::filesystem;
using gradus::detail::Destination;
using gradus::detail::find_destination;
using gradus::test::message_of;
using gradus::test::read_file;
using gradus::test::TemporaryFolder;
using gradus::test::write_file;

auto count_entries(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

}  // namespace

TEST_CASE("find_destination: distinguishes existing files, new ones and folders") {
  const TemporaryFolder folder("destination");
  write_file(folder.path / "old", "");
  const Destination old = find_destination(folder.path / "old");
  CHECK(old.path == folder.path / "old");
  CHECK(old.exists);
  CHECK(old.is_file);
  const Destination next = find_destination(folder.path / "next");
  CHECK_FALSE(next.exists);
  CHECK(next.is_file);
  CHECK(find_destination("plain").path == fs::current_path() / "plain");
  CHECK(message_of<gradus::FileError>([&] { find_destination(folder.path); }) ==
        folder.path.string() + ": cannot be replaced: Is a directory");
  CHECK(message_of<gradus::FileError>([&] { find_destination(""); }) ==
        ": cannot be created: No such file or directory");
}

#if defined(__unix__)

TEST_CASE("find_destination: devices and open files are not regular files") {
  CHECK_FALSE(find_destination("/dev/null").is_file);
  CHECK(find_destination("/dev/null").descriptor == -1);
  for (const std::string name : {"/dev/fd/0", "/dev/fd/2"}) {
    if (!fs::exists(name)) continue;
    CHECK_FALSE(find_destination(name).is_file);
    CHECK(find_destination(name).descriptor == name.back() - '0');
  }
}

#endif

TEST_CASE("find_destination: symbolic links are followed and kept") {
  const TemporaryFolder folder("atomic_links");
  fs::create_directories(folder.path / "sub");
  write_file(folder.path / "sub" / "target", "old");
  fs::create_symlink("target", folder.path / "sub" / "relative");
  fs::create_symlink(folder.path / "sub" / "relative", folder.path / "absolute");
  fs::create_directory_symlink("sub", folder.path / "folder");
  fs::create_symlink("folder/../sub/dangling_target", folder.path / "dangling");
  fs::create_symlink("missing/target", folder.path / "nowhere");
  fs::create_symlink("loop", folder.path / "loop");
  const auto entries = count_entries(folder.path);

  for (const char* name : {"absolute", "sub/relative", "folder/target", "folder/relative"}) {
    gradus::write_text(folder.path / name, name);
    CHECK(read_file(folder.path / "sub" / "target") == name);
  }
  gradus::write_text(folder.path / "dangling", "made");
  CHECK(read_file(folder.path / "sub" / "dangling_target") == "made");
  for (const char* name : {"absolute", "sub/relative", "folder", "dangling"}) {
    CHECK(fs::is_symlink(folder.path / name));
  }
  CHECK(message_of<gradus::FileError>([&] { gradus::write_text(folder.path / "nowhere", ""); }) ==
        (folder.path / "nowhere").string() + ": cannot be created: No such file or directory");
  CHECK_THROWS_AS(gradus::write_text(folder.path / "loop", ""), gradus::FileError);
  CHECK(count_entries(folder.path) == entries);
  CHECK(count_entries(folder.path / "sub") == 3);
}
