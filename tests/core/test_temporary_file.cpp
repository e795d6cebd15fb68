// SPDX-License-Identifier: MIT

#include <filesystem>
#include <set>
#include <string>

#if defined(__unix__)
#include <sys/file.h>
#endif

#include <doctest/doctest.h>

#include <gradus/core/temporary_file.hpp>

#include "../support/temporary_folder.hpp"

namespace {

namespace fs = std::filesystem;
using namespace gradus::detail;
using gradus::test::TemporaryFolder;
using gradus::test::write_file;

std::string current_process() { return std::to_string(this_writer().process); }

}  // namespace

TEST_CASE("temporary_path: paths are unique and identify their writer") {
  std::set<std::string> names;
  const std::string stem = temporary_stem("folder/model.bin");
  CHECK(stem == "model.bin.");
  for (int i = 0; i < 1000; ++i) {
    const fs::path path = temporary_path("folder", stem);
    CHECK(path.parent_path() == "folder");
    CHECK(writer_of(path, stem) == this_writer());
    names.insert(path.string());
  }
  CHECK(names.size() == 1000);
}

TEST_CASE("temporary_stem: the names for long destinations stay short and distinct") {
  const std::string long_name(255, 'x');
  CHECK(temporary_stem(std::string(80, 'x')) == std::string(80, 'x') + ".");
  CHECK(temporary_stem(long_name).size() < 30);
  CHECK(temporary_stem(long_name) != temporary_stem(long_name.substr(1)));
  CHECK(temporary_path("", temporary_stem(std::string(80, 'x'))).string().size() < 143);  // eCryptfs's limit
}

TEST_CASE("writer_of: other files have no writer") {
  const std::string stem = "model.", random = "0123456789abcdef";
  CHECK(writer_of("model.12-" + random + "-3.tmp", stem).has_value());
  for (const std::string name : {"model", "model.tmp", "model.tmp0", "model.12.tmp", "model.x-0-0.tmp",
                                 "model.1-x-0.tmp", "model.1-0.tmp", "model.1-0-0.tmp2", "model.1-0-0",
                                 "other.12-0-3.tmp", "model.5.12-0-3.tmp", "model.12-0-3.tmp.tmp"}) {
    CAPTURE(name);
    CHECK_FALSE(writer_of(name, stem).has_value());
  }
}

TEST_CASE("remove_abandoned: removes only what dead writers of one destination left behind") {
  const TemporaryFolder folder("temporary_abandoned");
  const fs::path destination = folder.path / "model";
  TemporaryFile alive;
  REQUIRE(alive.create(destination, false) == 0);
  // A container's process has the same ID each time the container starts.
  write_file(folder.path / ("model." + current_process() + "-0000000000000007-0.tmp"), "dead");
  write_file(folder.path / "model.1-0000000000000007-0.tmp", "dead, and another process has its number");
  write_file(folder.path / "model.999999999-0000000000000007-0.tmp", "dead");
  for (const char* name : {"model", "model.tmp0", "model.backup.999999999-0000000000000007-0.tmp",
                           "other.999999999-0000000000000007-0.tmp"}) {
    write_file(folder.path / name, "kept");
  }
  fs::create_directory(folder.path / "model.999999998-0000000000000007-0.tmp");
  remove_abandoned(folder.path, temporary_stem(destination));
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder.path))
    names.insert(entry.path().filename().string());
  CHECK(names.size() == 6);
  CHECK(names.contains("model"));
  CHECK(names.contains("model.tmp0"));
  CHECK(names.contains("model.backup.999999999-0000000000000007-0.tmp"));
  CHECK(names.contains("other.999999999-0000000000000007-0.tmp"));
  CHECK(alive.rename_to(destination) == 0);
}

#if defined(__unix__)

TEST_CASE("remove_abandoned: relies on a lock, not on a process ID, which differs between containers") {
  const TemporaryFolder folder("temporary_locked");
  const fs::path path = write_file(folder.path / "model.999999999-0000000000000007-0.tmp", "alive");
  {
    const Descriptor file = open_to_write(path);
    REQUIRE(flock(file.number(), LOCK_EX) == 0);
    remove_abandoned(folder.path, "model.");
    CHECK(fs::exists(path));
  }
  remove_abandoned(folder.path, "model.");
  CHECK_FALSE(fs::exists(path));
}

#endif

TEST_CASE("TemporaryFile: a thousand leftovers do not stop the next writer") {
  const TemporaryFolder folder("temporary_thousand");
  for (int i = 0; i < 1000; ++i) {
    write_file(folder.path / ("model.999999999-0000000000000007-" + std::to_string(i) + ".tmp"), "x");
  }
  TemporaryFile file;
  CHECK(file.create(folder.path / "model", false) == 0);
  CHECK(std::distance(fs::directory_iterator(folder.path), fs::directory_iterator()) == 1);
}

TEST_CASE("TemporaryFile: is removed at the end or renamed") {
  const TemporaryFolder folder("temporary_end");
  {
    TemporaryFile file;
    CHECK(file.create(folder.path / "missing" / "model", false) == ENOENT);
    REQUIRE(file.create(folder.path / "model", false) == 0);
    CHECK_FALSE(fs::is_empty(folder.path));
  }
  CHECK(fs::is_empty(folder.path));
  {
    TemporaryFile file;
    REQUIRE(file.create(folder.path / "model", false) == 0);
    CHECK(file.rename_to(folder.path / "model") == 0);
  }
  CHECK(fs::exists(folder.path / "model"));
}
