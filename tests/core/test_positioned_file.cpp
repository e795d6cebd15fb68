// SPDX-License-Identifier: MIT

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#if defined(__unix__)
#include <sys/stat.h>
#endif

#include <doctest/doctest.h>

#include <gradus/core/positioned_file.hpp>

#include "../support/temporary_folder.hpp"

namespace {

using gradus::PositionedFile;
using gradus::test::message_of;
using gradus::test::TemporaryFolder;

std::string read_at(const PositionedFile& file, std::uint64_t position, std::size_t size) {
  std::string text(size, '?');
  text.resize(file.read(position, std::as_writable_bytes(std::span(text))));
  return text;
}

}  // namespace

TEST_CASE("PositionedFile: reads at any position, and fewer bytes only at the end") {
  const TemporaryFolder folder("positioned");
  const PositionedFile file(gradus::test::write_file(folder.path / "file", "0123456789"));
  CHECK(file.size() == 10);
  CHECK(read_at(file, 3, 4) == "3456");
  CHECK(read_at(file, 0, 2) == "01");
  CHECK(read_at(file, 8, 5) == "89");
  CHECK(read_at(file, 10, 5) == "");
  CHECK(read_at(file, 1000, 5) == "");
  CHECK(read_at(file, 2, 0) == "");
}

TEST_CASE("PositionedFile: anything but a regular file is an error at once") {
  const TemporaryFolder folder("positioned_errors");
  const auto error_of = [](const std::filesystem::path& path) {
    return message_of<gradus::FileError>([&] { PositionedFile file(path); });
  };
  const auto missing = folder.path / "missing";
  CHECK(error_of(missing) == missing.string() + ": cannot be opened: No such file or directory");
  CHECK(error_of(folder.path).starts_with(folder.path.string() + ": cannot be opened: "));
#if defined(__unix__)
  const auto fifo = folder.path / "fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(error_of(fifo) == fifo.string() + ": is not a regular file");  // and does not wait for a writer
  CHECK(error_of("/dev/null") == "/dev/null: is not a regular file");
#endif
}

TEST_CASE("PositionedFile: many threads read different parts of one object") {
  const TemporaryFolder folder("positioned_threads");
  std::vector<std::uint64_t> numbers(1 << 14);
  std::iota(numbers.begin(), numbers.end(), std::uint64_t{0});
  const std::string_view bytes(reinterpret_cast<const char*>(numbers.data()), 8 * numbers.size());
  const PositionedFile file(gradus::test::write_file(folder.path / "file", bytes));
  std::atomic<int> wrong{0}, ready{0};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (++ready; ready < 4;) std::this_thread::yield();  // short reads, all at the same time
      for (std::uint64_t i = 0; i < 50'000; ++i) {
        const std::uint64_t at = (i * 7919 + t * 104729) % numbers.size();
        std::uint64_t number = 0;
        const std::size_t count = file.read(8 * at, std::as_writable_bytes(std::span(&number, 1)));
        if (count != 8 || number != at) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}
