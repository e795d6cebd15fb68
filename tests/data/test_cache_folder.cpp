// SPDX-License-Identifier: MIT

#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include <gradus/data/cache_folder.hpp>

#include "../support/environment.hpp"
#include "../support/temporary_folder.hpp"

#if defined(__unix__)

#include <sys/stat.h>

namespace {

namespace fs = std::filesystem;
using gradus::default_cache_dir;
using gradus::FileError;
using gradus::detail::make_private_folder;
using gradus::test::EnvironmentVariable;
using gradus::test::message_of;
using gradus::test::TemporaryFolder;
using gradus::test::write_file;

fs::perms mode(const fs::path& path) { return fs::status(path).permissions(); }

std::string cache_error() {
  return message_of<FileError>([] { default_cache_dir(); });
}

}  // namespace

TEST_CASE("default_cache_dir: follows the XDG specification") {
  const EnvironmentVariable home("HOME", "/home/someone");
  {
    const EnvironmentVariable cache("XDG_CACHE_HOME", "/elsewhere");
    CHECK(default_cache_dir() == "/elsewhere/gradus");
    const EnvironmentVariable no_matter("HOME", "relative");
    CHECK(default_cache_dir() == "/elsewhere/gradus");
  }
  for (const char* value : {"relative", "./a", "~/.cache", "", static_cast<const char*>(nullptr)}) {
    const EnvironmentVariable cache("XDG_CACHE_HOME", value);
    CHECK(default_cache_dir() == "/home/someone/.cache/gradus");
  }
}

TEST_CASE("default_cache_dir: a HOME that is relative or unset is an error") {
  for (const char* value : {static_cast<const char*>(nullptr), ""}) {
    const EnvironmentVariable cache("XDG_CACHE_HOME", value), home("HOME", value);
    CHECK(cache_error() ==
          "cache folder: neither XDG_CACHE_HOME nor HOME is set, expected an absolute path in one of them");
  }
  {
    const EnvironmentVariable cache("XDG_CACHE_HOME", "here"), home("HOME", nullptr);
    CHECK(cache_error() ==
          "cache folder: XDG_CACHE_HOME is 'here', expected an absolute path, and HOME is not set");
  }
  for (const std::string value : {"relative", ".", "~", "../home"}) {
    for (const char* cache_value : {"here", static_cast<const char*>(nullptr)}) {
      const EnvironmentVariable cache("XDG_CACHE_HOME", cache_value), home("HOME", value.c_str());
      CHECK(cache_error() == "cache folder: HOME is '" + value + "', expected an absolute path");
    }
  }
}

TEST_CASE("make_private_folder: new folders belong to their owner only, existing ones are unchanged") {
  const TemporaryFolder folder("private_folder");
  const mode_t old_mask = umask(0);
  fs::create_directory(folder.path / "shared");
  fs::permissions(folder.path / "shared", fs::perms{0755});
  make_private_folder(folder.path / "shared" / "a" / "b" / "");
  umask(old_mask);
  CHECK(mode(folder.path / "shared") == fs::perms{0755});
  CHECK(mode(folder.path / "shared" / "a") == fs::perms{0700});
  CHECK(mode(folder.path / "shared" / "a" / "b") == fs::perms{0700});
  make_private_folder(folder.path / "shared");
  CHECK(mode(folder.path / "shared") == fs::perms{0755});
}

TEST_CASE("make_private_folder: a file in the way is named") {
  const TemporaryFolder folder("private_folder_file");
  const auto file = write_file(folder.path / "file", "");
  CHECK(message_of<FileError>([&] { make_private_folder(file); }) ==
        file.string() + ": cannot be created: File exists");
  CHECK(message_of<FileError>([&] { make_private_folder(file / "a"); }) ==
        file.string() + ": cannot be created: File exists");
}

#endif
