// SPDX-License-Identifier: MIT

#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

#if defined(__unix__)
#include <array>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#endif
#if defined(__linux__)
#include <sys/sysmacros.h>
#endif

#include <doctest/doctest.h>

#include <gradus/core/atomic_file.hpp>

#include "../support/child_process.hpp"
#include "../support/temporary_folder.hpp"

namespace {

namespace fs = std::filesystem;
#if defined(__unix__)
using gradus::test::in_child;
#endif
using gradus::test::message_of;
using gradus::test::read_file;
using gradus::test::TemporaryFolder;
using gradus::test::write_file;

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

auto count_entries(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

}  // namespace

TEST_CASE("AtomicFile: the complete file appears at commit") {
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

TEST_CASE("AtomicFile: without commit the old file stays and nothing else is left") {
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

TEST_CASE("AtomicFile: two writers of one file do not mix, and the later commit wins") {
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

TEST_CASE("AtomicFile: a name without a folder refers to the working directory") {
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
  CHECK(message_of<gradus::FileError>([&] { gradus::AtomicFile file(taken); }) ==
        taken.string() + ": cannot be replaced: Is a directory");
  CHECK_THROWS_AS(gradus::AtomicFile(""), gradus::FileError);
  CHECK_THROWS_AS(gradus::AtomicFile(folder.path / "new" / ""), gradus::FileError);
  write_file(folder.path / "file", "old");
  CHECK_THROWS_AS(gradus::AtomicFile(folder.path / "file" / ""), gradus::FileError);
  CHECK(count_entries(folder.path) == 2);
}

TEST_CASE("write_text: writes the whole text in one call") {
  const TemporaryFolder folder("atomic_write_file");
  gradus::write_text(folder.path / "file", "first");
  gradus::write_text(folder.path / "file", "second");
  CHECK(read_file(folder.path / "file") == "second");
  CHECK_THROWS_AS(gradus::write_text(folder.path / "missing" / "file", "text"), gradus::FileError);
}

TEST_CASE("AtomicFile: small and large pieces are written in order") {
  const TemporaryFolder folder("atomic_pieces");
  std::string expected;
  gradus::AtomicFile file(folder.path / "file");
  for (const std::size_t size : {1u, 65535u, 65536u, 3u, 65537u, 0u, 40000u, 40000u, 200000u, 1u}) {
    const std::string piece(size, static_cast<char>('a' + size % 23));
    file.write(bytes(piece));
    expected += piece;
  }
  file.commit();
  CHECK(read_file(folder.path / "file") == expected);
}

TEST_CASE("AtomicFile: another hard link keeps the old content") {
  const TemporaryFolder folder("atomic_hard_link");
  write_file(folder.path / "one", "old");
  fs::create_hard_link(folder.path / "one", folder.path / "two");
  gradus::write_text(folder.path / "one", "new");
  CHECK(read_file(folder.path / "one") == "new");
  CHECK(read_file(folder.path / "two") == "old");
}

TEST_CASE("AtomicFile: names may be as long as the file system allows") {
  const TemporaryFolder folder("atomic_long");
  for (const std::size_t size : {80u, 81u, 200u, 251u, 255u}) {
    const fs::path path = folder.path / std::string(size, 'n');
    gradus::write_text(path, "old");
    gradus::write_text(path, "new");
    CHECK(read_file(path) == "new");
  }
  CHECK(count_entries(folder.path) == 5);
  CHECK_THROWS_AS(gradus::write_text(folder.path / std::string(256, 'n'), ""), gradus::FileError);
  CHECK(count_entries(folder.path) == 5);
}

TEST_CASE("AtomicFile: changing the working directory before commit has no effect") {
  const TemporaryFolder folder("atomic_chdir");
  const fs::path before = fs::current_path();
  fs::create_directory(folder.path / "other");
  fs::current_path(folder.path);
  {
    gradus::AtomicFile file("plain");
    fs::current_path(folder.path / "other");
    file.commit();
  }
  fs::current_path(before);
  CHECK(fs::exists(folder.path / "plain"));
  CHECK(fs::is_empty(folder.path / "other"));
}

#if defined(__unix__)

TEST_CASE("AtomicFile: a full disk leaves the old file") {
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
    file.commit();  // must not commit a truncated file as complete
  });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);

  CHECK(message == path.string() + ": cannot be written: File too large");
  CHECK(read_file(path) == "old");
  CHECK(count_entries(folder.path) == 1);
}

TEST_CASE("AtomicFile: devices are written, not replaced") {
  const TemporaryFolder folder("atomic_device");
  const fs::path null = folder.path / "null", full = folder.path / "full";
  // Uses its own device nodes, because a mistake would replace the system's.
  if (mknod(null.c_str(), S_IFCHR | 0666, makedev(1, 3)) != 0) return;
  REQUIRE(mknod(full.c_str(), S_IFCHR | 0666, makedev(1, 7)) == 0);
  fs::create_symlink("null", folder.path / "link");
  const std::string block(300000, 'x');
  for (const char* name : {"null", "link"}) {
    gradus::write_text(folder.path / name, block);
    gradus::write_text(folder.path / name, "");
  }
  CHECK(fs::is_character_file(null));
  CHECK(fs::is_symlink(folder.path / "link"));
  for (const std::string& text : {std::string("x"), block}) {
    CHECK(message_of<gradus::FileError>([&] { gradus::write_text(full, text); }) ==
          full.string() + ": cannot be written: No space left on device");
  }
  CHECK(fs::is_character_file(full));
  CHECK(count_entries(folder.path) == 3);
}

TEST_CASE("AtomicFile: a FIFO is opened at the first write and survives signals and short writes") {
  const TemporaryFolder folder("atomic_fifo");
  const fs::path path = folder.path / "fifo";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  { const gradus::AtomicFile not_opened(path); }  // opening it would wait for a reader
  std::string content(1 << 20, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>('a' + i % 26);
  const int status = in_child([&] {
    struct sigaction action {};
    action.sa_handler = [](int) {};  // without SA_RESTART, calls end with EINTR
    sigaction(SIGALRM, &action, nullptr);
    const itimerval often{{0, 500}, {0, 500}};
    const pid_t reader = fork();
    if (reader == 0) {
      usleep(20000);  // the writer waits for its reader despite signals
      std::ifstream in(path, std::ios::binary);
      std::string read(content.size() + 1, '\0');
      std::size_t count = 0;
      while (in.read(read.data() + count, 4096), in.gcount() > 0) {
        count += static_cast<std::size_t>(in.gcount());
        usleep(100);
        if (count == read.size()) break;
      }
      read.resize(count);
      _exit(read == content ? 0 : 1);
    }
    setitimer(ITIMER_REAL, &often, nullptr);
    gradus::write_text(path, content);
    const itimerval never{};
    setitimer(ITIMER_REAL, &never, nullptr);
    int result = 0;
    waitpid(reader, &result, 0);
    return WEXITSTATUS(result);
  });
  CHECK(status == 0);
  CHECK(fs::is_fifo(path));
  CHECK(count_entries(folder.path) == 1);
}

TEST_CASE("AtomicFile: /dev/stdout and /dev/fd refer to the open file and keep the order of the output") {
  const TemporaryFolder folder("atomic_stdout");
  for (const char* name : {"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}) {
    if (!fs::exists(name)) continue;
    const fs::path path = write_file(folder.path / "out", "");
    fs::remove(folder.path / "link");
    fs::create_symlink(name, folder.path / "link");
    const int status = in_child([&] {
      dup2(::open(path.c_str(), O_WRONLY), 1);
      std::printf("before\n");
      gradus::write_text(name, "csv\n");
      std::printf("between\n");
      gradus::write_text(folder.path / "link", "more\n");
      std::printf("after\n");
      return 0;
    });
    CHECK(status == 0);
    CHECK(read_file(path) == "before\ncsv\nbetween\nmore\nafter\n");
    CHECK(count_entries(folder.path) == 2);
  }
}

TEST_CASE("AtomicFile: waits for a pipe that was made non-blocking") {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const pid_t writer = fork();
  if (writer == 0) {
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    try {
      gradus::write_text("/dev/fd/" + std::to_string(ends[1]), std::string(300000, 'x'));
      _exit(0);
    } catch (...) {
      _exit(1);
    }
  }
  close(ends[1]);
  std::array<char, 1000> part;
  ssize_t total = 0;
  for (ssize_t count = 0; (count = read(ends[0], part.data(), part.size())) > 0; total += count) usleep(50);
  close(ends[0]);
  int status = 0;
  waitpid(writer, &status, 0);
  CHECK(status == 0);
  CHECK(total == 300000);
}

TEST_CASE("AtomicFile: a killed process leaves the old file, and the next writer removes its leftovers") {
  const TemporaryFolder folder("atomic_killed");
  const fs::path path = folder.path / "file";
  std::ofstream(path) << "old";
  for (int i = 0; i < 20; ++i) {
    in_child([&] {
      gradus::AtomicFile file(path);
      file.write(bytes("half"));
      return kill(getpid(), SIGKILL);
    });
    CHECK(read_file(path) == "old");
    CHECK(count_entries(folder.path) == 2);  // each process removes the leftovers of the previous one
  }
  gradus::write_text(path, "whole");
  CHECK(read_file(path) == "whole");
  CHECK(count_entries(folder.path) == 1);
}

TEST_CASE("AtomicFile: killed at any moment, the file is either the old or the new one") {
  const TemporaryFolder folder("atomic_kill_anytime");
  const fs::path path = folder.path / "file";
  const std::string odd(200000, 'o'), even(100000, 'e');
  gradus::write_text(path, odd);
  int replaced = 0;
  for (int round = 0; round < 60; ++round) {
    const std::string before = read_file(path);
    const pid_t child = fork();
    if (child == 0) {
      for (int i = 0;; ++i) gradus::write_text(path, i % 2 == 0 ? even : odd);
    }
    usleep(static_cast<useconds_t>(500 + round * 331 % 10000));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    const std::string after = read_file(path);
    CHECK((after == odd || after == even));
    if (after != before) ++replaced;
    CHECK(count_entries(folder.path) <= 2);
  }
  CHECK(replaced > 0);
  gradus::write_text(path, odd);
  CHECK(count_entries(folder.path) == 1);
}

TEST_CASE("AtomicFile: files of a running process are not treated as leftovers") {
  const TemporaryFolder folder("atomic_living");
  const fs::path path = folder.path / "file";
  std::array<int, 2> ready{}, go{};
  REQUIRE((pipe(ready.data()) == 0 && pipe(go.data()) == 0));
  const pid_t child = fork();
  if (child == 0) {
    char byte = 0;
    try {
      gradus::AtomicFile file(path);
      file.write(bytes("child"));
      _exit(write(ready[1], "x", 1) == 1 && read(go[0], &byte, 1) == 1 && (file.commit(), true) ? 0 : 1);
    } catch (...) {
      _exit(2);
    }
  }
  char byte = 0;
  REQUIRE(read(ready[0], &byte, 1) == 1);
  gradus::AtomicFile mine(path);
  gradus::write_text(path, "parent");
  CHECK(count_entries(folder.path) == 3);
  REQUIRE(write(go[1], "x", 1) == 1);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  CHECK(read_file(path) == "child");
  mine.commit();
  CHECK(read_file(path) == "");
  CHECK(count_entries(folder.path) == 1);
  for (const int end : {ready[0], ready[1], go[0], go[1]}) close(end);
}

#endif
