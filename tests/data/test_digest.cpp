// SPDX-License-Identifier: MIT

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <gradus/data/digest.hpp>

namespace {

template <class Digest>
std::string digest(std::string_view text, std::size_t piece) {
  Digest digest;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    digest.update(std::as_bytes(std::span(text.substr(at, piece))));
  }
  return digest.hex();
}

const std::string digits = "12345678901234567890123456789012345678901234567890123456789012345678901234567890";

}  // namespace

TEST_CASE("Md5: agrees with the examples of RFC 1321, also in pieces") {
  using gradus::detail::Md5;
  CHECK(digest<Md5>("", 1) == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(digest<Md5>("abc", 1) == "900150983cd24fb0d6963f7d28e17f72");
  for (const std::size_t piece : {1u, 7u, 80u}) {
    CHECK(digest<Md5>(digits, piece) == "57edf4a22be3c955ac49da2e2107b67a");
  }
}

TEST_CASE("Sha256: agrees with the examples of FIPS 180, also in pieces") {
  using gradus::detail::Sha256;
  CHECK(digest<Sha256>("", 1) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(digest<Sha256>("abc", 1) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const std::string letters = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  for (const std::size_t piece : {1u, 7u, 56u}) {
    CHECK(digest<Sha256>(letters, piece) ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  }
}
