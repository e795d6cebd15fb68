#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

#if defined(__unix__)
#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <doctest/doctest.h>

#include <gradus/core/atomic_file.hpp>

#include "../support/temporary_folder.hpp"

namespace {

namespace fs = std::filesystem;
using gradus::test::message_of;
using gradus::test::read_file;
using gradus::test::TemporaryFolder;

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

auto count_entries(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

}  // namespace

TEST_CASE("AtomicFile: the file appears at commit, with every byte") {
  const TemporaryFolder folder("atomic_commit");
  const fs::path path = folder.path / "file";
  gradus::AtomicFile file(path);
  file.write(bytes("first "));
  file.write({});
  file.write(bytes("second"));
  CHECK_FALSE(fs::exists(path));
  file.commit();
  CHECK(read_file(path) == "first second");
  CHECK(count_entries(folder.path) == 1);
  CHECK_THROWS_AS(file.write(bytes("more")), gradus::StateError);
  CHECK_THROWS_AS(file.commit(), gradus::StateError);
  CHECK(read_file(path) == "first second");
}

TEST_CASE("AtomicFile: without commit the old file stays and nothing is left beside it") {
  const TemporaryFolder folder("atomic_abandon");
  const fs::path path = folder.path / "file";
  std::ofstream(path) << "old";
  {
    gradus::AtomicFile file(path);
    file.write(bytes("new"));
    CHECK(read_file(path) == "old");
    CHECK(count_entries(folder.path) == 2);
  }
  CHECK(read_file(path) == "old");
  CHECK(count_entries(folder.path) == 1);
}

TEST_CASE("AtomicFile: replaces an older file") {
  const TemporaryFolder folder("atomic_replace");
  const fs::path path = folder.path / "file";
  std::ofstream(path) << "older and longer";
  gradus::AtomicFile file(path);
  file.write(bytes("new"));
  file.commit();
  CHECK(read_file(path) == "new");
}

TEST_CASE("AtomicFile: two writers of one file do not mix, the later commit wins") {
  const TemporaryFolder folder("atomic_two");
  const fs::path path = folder.path / "file";
  gradus::AtomicFile one(path);
  gradus::AtomicFile two(path);
  one.write(bytes("one"));
  two.write(bytes("two"));
  two.commit();
  CHECK(read_file(path) == "two");
  one.commit();
  CHECK(read_file(path) == "one");
  CHECK(count_entries(folder.path) == 1);
}

TEST_CASE("AtomicFile: a name without a folder is one in the working directory") {
  const TemporaryFolder folder("atomic_relative");
  const fs::path before = fs::current_path();
  fs::current_path(folder.path);
  {
    gradus::AtomicFile file("plain");
    file.write(bytes("x"));
    file.commit();
  }
  fs::current_path(before);
  CHECK(read_file(folder.path / "plain") == "x");
}

TEST_CASE("AtomicFile: errors name the file and the system's reason") {
  const TemporaryFolder folder("atomic_errors");
  const fs::path missing = folder.path / "missing" / "file";
  CHECK(message_of<gradus::FileError>([&] { gradus::AtomicFile file(missing); }) ==
        missing.string() + ": cannot be created: No such file or directory");

  const fs::path taken = folder.path / "taken";
  fs::create_directory(taken);
  const std::string message = message_of<gradus::FileError>([&] {
    gradus::AtomicFile file(taken);
    file.commit();
  });
  CHECK(message.starts_with(taken.string() + ": cannot be replaced: "));
  CHECK(count_entries(folder.path) == 1);
}

#if defined(__unix__)

TEST_CASE("AtomicFile: a disk that is full leaves the old file") {
  const TemporaryFolder folder("atomic_full");
  const fs::path path = folder.path / "file";
  std::ofstream(path) << "old";

  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 10000;
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string message = message_of<gradus::FileError>([&] {
    gradus::AtomicFile file(path);
    const std::string block(100000, 'x');
    try {
      file.write(bytes(block));
    } catch (const gradus::FileError&) {
    }
    file.commit();  // must not pass off half a file as whole
  });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);

  CHECK(message.starts_with(path.string() + ": cannot be written: "));
  CHECK(read_file(path) == "old");
  CHECK(count_entries(folder.path) == 1);
}

TEST_CASE("AtomicFile: a killed process leaves the old file, and its remains do not stop the next one") {
  const TemporaryFolder folder("atomic_killed");
  const fs::path path = folder.path / "file";
  std::ofstream(path) << "old";
  const pid_t child = fork();
  if (child == 0) {
    gradus::AtomicFile file(path);
    file.write(bytes("half"));
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  REQUIRE(WIFSIGNALED(status));
  CHECK(read_file(path) == "old");
  gradus::AtomicFile file(path);
  file.write(bytes("whole"));
  file.commit();
  CHECK(read_file(path) == "whole");
}

TEST_CASE("AtomicFile: others may read the file as the umask says") {
  const TemporaryFolder folder("atomic_mode");
  const fs::path path = folder.path / "file";
  const mode_t before = umask(022);
  gradus::AtomicFile file(path);
  file.commit();
  umask(before);
  CHECK((fs::status(path).permissions() & fs::perms::mask) ==
        (fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read | fs::perms::others_read));
}

#endif
