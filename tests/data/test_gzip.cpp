// SPDX-License-Identifier: MIT

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/data/gzip.hpp>
#include <gradus/data/idx.hpp>

#include "../support/gzip_bytes.hpp"
#include "../support/temporary_folder.hpp"

namespace {

using gradus::FileError;
using gradus::GzipFile;
using gradus::Index;
using gradus::read_idx;
using gradus::Shape;
using gradus::Tensor;
using gradus::test::gzip_bytes;
using gradus::test::message_of;
using gradus::test::TemporaryFolder;
using gradus::test::write_file;
using namespace std::string_literals;

static_assert(gradus::ByteSource<GzipFile>);

/// Returns the whole content, read in pieces of the given size.
std::string read_all(const std::filesystem::path& path, std::size_t piece = 1000) {
  GzipFile file(path);
  std::string all, part(piece, '\0');
  for (;;) {
    const std::uint64_t bound = file.bound();
    const std::size_t count = file.read(std::as_writable_bytes(std::span(part)));
    CHECK(count <= bound);
    all.append(part, 0, count);
    if (count < piece) return all;
  }
}

std::string error_of(const std::filesystem::path& path) {
  return message_of<FileError>([&] { read_all(path); });
}

std::string noise(std::size_t size, unsigned seed) {
  gradus::Generator random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.below(7));
  return bytes;
}

}  // namespace

TEST_CASE("GzipFile: unpacks compressed files and passes others through, whatever the name") {
  const TemporaryFolder folder("gzip_both");
  for (const std::size_t size : {0u, 1u, 2u, 999u, 1000u, 1001u, 100000u, 1000000u}) {
    const std::string bytes = noise(size, 1);
    const auto plain = write_file(folder.path / "plain.gz", bytes);
    const auto packed = write_file(folder.path / "packed", gzip_bytes(bytes));
    CHECK(read_all(plain) == bytes);
    CHECK(read_all(packed) == bytes);
    CHECK_FALSE(GzipFile(plain).is_compressed());
    CHECK(GzipFile(packed).is_compressed());
  }
  for (const std::size_t piece : {1u, 2u, 3u, 32768u, 10000000u}) {
    const std::string bytes = noise(70000, 2);
    CHECK(read_all(write_file(folder.path / "packed", gzip_bytes(bytes)), piece) == bytes);
  }
  CHECK(read_all(write_file(folder.path / "stored", gzip_bytes(noise(1000000, 3), 0))) == noise(1000000, 3));
}

TEST_CASE("GzipFile: reads a header with all optional fields") {
  const TemporaryFolder folder("gzip_header");
  const std::string packed = gzip_bytes("content");
  // Extra field, name and comment.
  const std::string header =
      packed.substr(0, 3) + "\x1c"s + packed.substr(4, 6) + "\2\0ab"s + "name\0"s + "comment\0"s;
  CHECK(read_all(write_file(folder.path / "file", header + packed.substr(10))) == "content");
}

TEST_CASE("GzipFile: reads several consecutive members") {
  const TemporaryFolder folder("gzip_members");
  const std::string members =
      gzip_bytes("one ") + gzip_bytes("") + gzip_bytes(noise(300000, 4)) + gzip_bytes("two");
  CHECK(read_all(write_file(folder.path / "file", members)) == "one " + noise(300000, 4) + "two");
}

TEST_CASE("GzipFile: a file truncated anywhere, even in the trailer, is an error") {
  const TemporaryFolder folder("gzip_short");
  const std::string packed = gzip_bytes(noise(300, 5));
  for (std::size_t size = 2; size < packed.size(); ++size) {
    CAPTURE(size);
    const auto path = write_file(folder.path / "file", packed.substr(0, size));
    CHECK(error_of(path) == "GzipFile: " + path.string() + ": gzip data are truncated, expected more bytes");
  }
}

TEST_CASE("GzipFile: a wrong checksum, length or header is an error") {
  const TemporaryFolder folder("gzip_damaged");
  const std::string packed = gzip_bytes(noise(300, 5));
  const auto damaged = [&](std::size_t at) {
    std::string bytes = packed;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    return write_file(folder.path / "file", bytes);
  };
  const std::string file = "GzipFile: " + (folder.path / "file").string();
  CHECK(error_of(damaged(packed.size() - 8)) == file + ": gzip data are damaged: incorrect data check");
  CHECK(error_of(damaged(packed.size() - 4)) == file + ": gzip data are damaged: incorrect length check");
  CHECK(error_of(damaged(2)) == file + ": gzip data are damaged: unknown compression method");
  for (std::size_t at = 10; at < packed.size(); ++at) {
    CAPTURE(at);
    // A match that refers to the same bytes elsewhere unpacks to the same data.
    const std::string message = error_of(damaged(at));
    if (message.empty()) {
      CHECK(read_all(folder.path / "file") == noise(300, 5));
    } else {
      CHECK(message.starts_with(file + ": gzip data are "));
    }
  }
}

TEST_CASE("GzipFile: anything but a member after the last one is an error") {
  const TemporaryFolder folder("gzip_trailing");
  for (const std::string& garbage : {"garbage"s, "\0\0\0\0"s, "\x1f\x8c"s, "\x1f\x8b\7 more"s}) {
    const auto path = write_file(folder.path / "file", gzip_bytes("content") + garbage);
    CHECK(error_of(path) == "GzipFile: " + path.string() +
                                ": gzip data are followed by other bytes, expected the end of the file");
  }
  const auto path = write_file(folder.path / "file", gzip_bytes("content") + "\x1f\x8b");
  CHECK(error_of(path) == "GzipFile: " + path.string() + ": gzip data are truncated, expected more bytes");
}

TEST_CASE("read_idx: a compressed file must have the size in its IDX header and a valid checksum") {
  const TemporaryFolder folder("gzip_idx");
  const std::string bytes = "\0\0\x08\2\0\0\1\0\0\0\1\0"s + noise(65536, 6);
  const std::string packed = gzip_bytes(bytes);
  const auto path = write_file(folder.path / "file", packed);
  CHECK(read_idx<std::uint8_t>(GzipFile(path)).shape() == Shape{256, 256});

  std::string bad_checksum = packed;
  bad_checksum[packed.size() - 7] = static_cast<char>(bad_checksum[packed.size() - 7] ^ 1);
  write_file(path, bad_checksum);
  CHECK_THROWS_AS(read_idx<std::uint8_t>(GzipFile(path)), FileError);

  const auto message = [&](const std::string& content) {
    write_file(path, gzip_bytes(content));
    return message_of<FileError>([&] { read_idx<std::uint8_t>(GzipFile(path)); });
  };
  const std::string start = "read_idx: " + path.string() + ": data have ";
  const std::string end = ", expected [256, 256] of uint8 (0x08)";
  CHECK(message(bytes.substr(0, bytes.size() - 1)) == start + "65535 bytes" + end);
  CHECK(message(bytes + "x") == start + "more than 65536 bytes" + end);
}

TEST_CASE("read_idx: stops unpacking a bomb at the declared size, and refuses an impossible size") {
  const TemporaryFolder folder("gzip_bomb");
  const auto path = folder.path / "file";
  write_file(path, gzip_bytes("\0\0\x08\1\0\0\0\x10"s + std::string(100000000, '\0')));
  CHECK(std::filesystem::file_size(path) < 100000);
  CHECK(message_of<FileError>([&] { read_idx<std::uint8_t>(GzipFile(path)); }) ==
        "read_idx: " + path.string() + ": data have more than 16 bytes, expected [16] of uint8 (0x08)");

  // Some twenty bytes of deflate cannot expand to 4 GB.
  write_file(path, gzip_bytes("\0\0\x08\1\xff\xff\xff\xff\1\2"s));
  const std::string message = message_of<FileError>([&] { read_idx<std::uint8_t>(GzipFile(path)); });
  CHECK(message.starts_with("read_idx: " + path.string() + ": data have at most "));
  CHECK(message.ends_with(" bytes, expected [4294967295] of uint8 (0x08)"));
}

TEST_CASE("GzipFile: the highest compression ratio of deflate stays within the bound") {
  const TemporaryFolder folder("gzip_bound");
  const auto path = folder.path / "file";
  const std::string zeros = std::string(3000000, '\0');
  write_file(path, gzip_bytes("\0\0\x08\1\0\x2d\xc6\xc0"s + zeros));
  CHECK(read_idx<std::uint8_t>(GzipFile(path)).size() == 3000000);
  CHECK(read_all(path, 12345).size() == 3000008);
}

TEST_CASE("read_idx: any damaged compressed file is either read or refused with one kind of error") {
  const TemporaryFolder folder("gzip_fuzz");
  const auto path = folder.path / "file";
  const std::string packed = gzip_bytes("\0\0\x08\2\0\0\0\x20\0\0\0\x20"s + noise(1024, 8));
  gradus::Generator random(9);
  int refused = 0;
  for (int round = 0; round < 1000; ++round) {
    std::string bytes = packed;
    const auto at = static_cast<std::size_t>(random.below(static_cast<Index>(bytes.size())));
    if (random.bernoulli(0.8)) {
      bytes[at] = static_cast<char>(random.below(256));
    } else {
      bytes.resize(at);
    }
    write_file(path, bytes);
    try {
      const auto tensor = read_idx<std::uint8_t>(GzipFile(path));
      CHECK(tensor.size() == 1024);
    } catch (const FileError&) {
      ++refused;
    }
  }
  CHECK(refused > 900);
}
