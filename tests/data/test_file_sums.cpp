// SPDX-License-Identifier: MIT

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/data/file_sums.hpp>

#include "../support/gzip_bytes.hpp"
#include "../support/temporary_folder.hpp"

namespace {

using gradus::ArgumentError;
using gradus::FileSums;
using gradus::detail::SumCheck;
using gradus::test::gzip_bytes;
using gradus::test::message_of;

const std::string hello_md5 = "5d41402abc4b2a76b9719d911017c592";
const std::string hello_sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

/// Checks bytes in pieces of every length and returns the message.
std::string mismatch(const FileSums& sums, std::string_view bytes) {
  std::string text;
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{1} << 30}) {
    SumCheck check(sums);
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      check.update(std::as_bytes(std::span(bytes.substr(at, piece))));
    }
    const std::string found = check.mismatch();
    if (piece > 1) CHECK(found == text);
    text = found;
  }
  return text;
}

}  // namespace

TEST_CASE("SumCheck: accepts either case and names both checksums in the message") {
  CHECK(mismatch({.md5 = hello_md5}, "hello") == "");
  CHECK(mismatch({.md5 = "5D41402ABC4B2A76B9719D911017C592"}, "hello") == "");
  CHECK(mismatch({.sha256 = hello_sha256}, "hello") == "");
  CHECK(mismatch({.sha256 = "2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824"}, "hello") ==
        "");
  CHECK(mismatch({.md5 = hello_md5}, "hallo") ==
        "MD5 598d4c200461b81522a3328565c25f7c, expected " + hello_md5);
  CHECK(mismatch({.sha256 = hello_sha256}, "") ==
        "SHA-256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855, expected " + hello_sha256);
}

TEST_CASE("SumCheck: one matching checksum is enough") {
  const std::string other_md5(32, '0');
  CHECK(mismatch({.md5 = other_md5, .sha256 = hello_sha256}, "hello") == "");
  CHECK(mismatch({.md5 = other_md5, .unpacked_sha256 = hello_sha256}, gzip_bytes("hello")) == "");
  CHECK(mismatch({.md5 = hello_md5, .unpacked_sha256 = std::string(64, '0')}, "hello") == "");
}

TEST_CASE("SumCheck: checks the unpacked bytes, however they were compressed") {
  const FileSums sums{.unpacked_sha256 = hello_sha256, .unpacked_size = 5};
  CHECK(mismatch(sums, "hello") == "");
  CHECK(mismatch(sums, gzip_bytes("hello")) == "");
  CHECK(mismatch(sums, gzip_bytes("hel") + gzip_bytes("lo")) == "");
  CHECK(mismatch(sums, gzip_bytes("hello") + gzip_bytes("")) == "");
  CHECK(mismatch({.unpacked_sha256 = hello_sha256}, gzip_bytes("hello")) == "");

  const std::string damaged =
      "SHA-256 of the unpacked bytes unknown (damaged or oversized gzip data), expected " + hello_sha256;
  const std::string packed = gzip_bytes("hello");
  for (std::size_t size = 2; size < packed.size(); ++size)
    CHECK(mismatch(sums, packed.substr(0, size)) == damaged);
  std::string wrong_checksum = packed;
  wrong_checksum[packed.size() - 8] ^= 1;
  CHECK(mismatch(sums, wrong_checksum) == damaged);
  CHECK(mismatch(sums, packed + "x") == damaged);
  CHECK(mismatch(sums, packed + std::string(20, '\0')) == damaged);
  CHECK(mismatch(sums, gzip_bytes("hello!")) == damaged);  // more than unpacked_size
  CHECK(mismatch(sums, gzip_bytes("hallo")) ==
        "SHA-256 of the unpacked bytes d3751d33f9cd5049c4af2b462735457e4d3baf130bcbb87f389e349fbaeb20b9, "
        "expected " +
            hello_sha256);
  for (const std::string rest : {"", "h", "\x1f"}) {
    CHECK(mismatch(sums, rest).starts_with("SHA-256 of the unpacked bytes "));
  }
}

TEST_CASE("SumCheck: handles data beyond zlib's buffers, and does not unpack a bomb to its end") {
  const std::string zeros(std::size_t{3} << 20, '\0');
  const std::string sum = "bbd05cf6097ac9b1f89ea29d2542c1b7b67ee46848393895f5a9e43fa1f621e5";
  const std::string packed = gzip_bytes(zeros);
  CHECK(mismatch({.unpacked_sha256 = sum}, packed) == "");
  CHECK(mismatch({.unpacked_sha256 = sum, .unpacked_size = zeros.size()}, packed) == "");
  CHECK(mismatch({.unpacked_sha256 = sum, .unpacked_size = zeros.size()}, gzip_bytes(zeros, 0)) == "");
  CHECK(mismatch({.unpacked_sha256 = sum, .unpacked_size = zeros.size() - 1}, packed).find("oversized") !=
        std::string::npos);
}

TEST_CASE("SumCheck: malformed checksums are refused at once") {
  CHECK(message_of<ArgumentError>([] { SumCheck check({.md5 = "5d41"}); }) ==
        "FileSums: MD5 is '5d41', expected 32 hexadecimal digits");
  CHECK(message_of<ArgumentError>([] { SumCheck check({.md5 = "5d41402abc4b2a76b9719d911017c59g"}); }) ==
        "FileSums: MD5 is '5d41402abc4b2a76b9719d911017c59g', expected 32 hexadecimal digits");
  CHECK_THROWS_AS(SumCheck({.md5 = hello_sha256}), ArgumentError);
  CHECK_THROWS_AS(SumCheck({.sha256 = hello_md5}), ArgumentError);
  CHECK_THROWS_AS(SumCheck({.unpacked_sha256 = hello_md5}), ArgumentError);
  CHECK_THROWS_AS(SumCheck({}), ArgumentError);
}
