// SPDX-License-Identifier: MIT

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/atomic_file.hpp>
#include <gradus/core/file_attributes.hpp>

#include "../support/child_process.hpp"
#include "../support/temporary_folder.hpp"

#if defined(__unix__)
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>
#endif
#if defined(__linux__)
#include <sys/xattr.h>
#endif

#if defined(__unix__)

namespace {

namespace fs = std::filesystem;
using gradus::test::in_child;
using gradus::test::message_of;
using gradus::test::read_file;
using gradus::test::TemporaryFolder;
using gradus::test::write_file;

auto count_entries(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

unsigned mode_of(const fs::path& path) { return static_cast<unsigned>(fs::status(path).permissions()); }

struct stat status_of(const fs::path& path) {
  struct stat status {};
  stat(path.c_str(), &status);
  return status;
}

}  // namespace

TEST_CASE("AtomicFile: the umask decides who may read a new file") {
  const TemporaryFolder folder("atomic_mode");
  const mode_t before = umask(022);
  for (const unsigned mask : {022u, 077u, 002u, 000u}) {
    umask(static_cast<mode_t>(mask));
    const fs::path path = folder.path / std::to_string(mask);
    gradus::write_text(path, "");
    CHECK(mode_of(path) == (0666u & ~mask));
  }
  umask(before);
}

TEST_CASE("AtomicFile: an existing file's permissions are kept, and are never wider in between") {
  const TemporaryFolder folder("atomic_keep_mode");
  const fs::path path = folder.path / "file";
  write_file(path, "old");
  for (const unsigned mode : {0600u, 0644u, 0640u, 0664u, 0755u, 0666u, 0200u}) {
    fs::permissions(path, static_cast<fs::perms>(mode));
    gradus::AtomicFile file(path);
    file.write(std::as_bytes(std::span("new", 3)));
    for (const auto& entry : fs::directory_iterator(folder.path)) {
      if (entry.path() != path) CHECK((mode_of(entry.path()) & 077u) == 0);
    }
    file.commit();
    CHECK(mode_of(path) == mode);
  }
}

TEST_CASE("AtomicFile: a read-only file is not replaced") {
  if (getuid() != 0) return;
  const TemporaryFolder folder("atomic_read_only");
  const fs::path path = folder.path / "file";
  write_file(path, "old");
  fs::permissions(path, static_cast<fs::perms>(0444));
  fs::permissions(folder.path, static_cast<fs::perms>(0777));
  gradus::write_text(path, "root");  // may write everything
  CHECK(mode_of(path) == 0444);
  const int status = in_child([&] {
    if (setuid(12345) != 0) return 1;
    const std::string message = message_of<gradus::FileError>([&] { gradus::write_text(path, "new"); });
    return message == path.string() + ": cannot be written: Permission denied" ? 0 : 2;
  });
  CHECK(status == 0);
  CHECK(read_file(path) == "root");
  CHECK(count_entries(folder.path) == 1);
}

TEST_CASE("AtomicFile: owner and group are kept if the system allows it; otherwise nobody gains rights") {
  if (getuid() != 0) return;
  const TemporaryFolder folder("atomic_owner");
  const fs::path path = folder.path / "file";
  write_file(path, "old");
  const auto own = [&](uid_t user, gid_t group, unsigned mode) {
    REQUIRE(chown(path.c_str(), user, group) == 0);
    REQUIRE(chmod(path.c_str(), mode) == 0);
  };
  own(12345, 23456, 04751);
  gradus::write_text(path, "new");
  CHECK(status_of(path).st_uid == 12345);
  CHECK(status_of(path).st_gid == 23456);
  CHECK((status_of(path).st_mode & 07777u) == 04751u);

  fs::permissions(folder.path, static_cast<fs::perms>(0777));
  const auto save_as = [&](uid_t user, gid_t group) {
    return in_child([&] {
      if (setgroups(0, nullptr) != 0 || setgid(group) != 0 || setuid(user) != 0) return 1;
      gradus::write_text(path, "theirs");
      return 0;
    });
  };
  own(12345, 23456, 04662);  // another user in another group: the group's rights go to nobody
  CHECK(save_as(500, 600) == 0);
  CHECK(status_of(path).st_uid == 500);
  CHECK(status_of(path).st_gid == 600);
  CHECK((status_of(path).st_mode & 07777u) == 0622u);
  own(12345, 23456, 0660);  // a member of the group keeps the group
  CHECK(save_as(500, 23456) == 0);
  CHECK(status_of(path).st_gid == 23456);
  CHECK((status_of(path).st_mode & 07777u) == 0660u);
}

#endif

#if defined(__linux__)

TEST_CASE("AtomicFile: an access control list is kept, and none is inherited from the folder") {
  const TemporaryFolder folder("atomic_acl");
  const fs::path path = folder.path / "file";
  write_file(path, "old");
  // version 2, then tag, permissions and id of the owner, user 1000, group, mask and others
  const auto list = [](unsigned char mask) {
    const std::vector<unsigned char> entries{
        2,   0,   0,   0,  //
        1,   0,   6,   0,   255, 255, 255,  255, 2,   0,   6,   0,   0xe8, 3, 0, 0, 4,   0,   0,   0,
        255, 255, 255, 255, 16,  0,   mask, 0,   255, 255, 255, 255, 32,   0, 0, 0, 255, 255, 255, 255};
    return std::string(entries.begin(), entries.end());
  };
  const auto set = [&](const fs::path& on, const char* name, const std::string& value) {
    return setxattr(on.c_str(), name, value.data(), value.size(), 0) == 0;
  };
  const auto get = [&] {
    std::array<char, 200> value{};
    const auto size = getxattr(path.c_str(), "system.posix_acl_access", value.data(), value.size());
    return size < 0 ? std::string() : std::string(value.data(), static_cast<std::size_t>(size));
  };
  if (!set(path, "system.posix_acl_access", list(6))) return;  // the file system does not support it
  gradus::write_text(path, "new");
  CHECK(get() == list(6));
  CHECK(mode_of(path) == 0660);

  fs::remove(path);
  write_file(path, "old");
  fs::permissions(path, static_cast<fs::perms>(0640));
  REQUIRE(set(folder.path, "system.posix_acl_default", list(6)));
  gradus::write_text(path, "new");
  CHECK(get() == "");
  CHECK(mode_of(path) == 0640);
}

#endif
