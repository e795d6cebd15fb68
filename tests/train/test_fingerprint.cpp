// SPDX-License-Identifier: MIT

#include <set>
#include <string>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/train/fingerprint.hpp>

using gradus::Generator;
using gradus::Index;
using gradus::Shape;
using gradus::Tensor;
using gradus::detail::fingerprint_of;

TEST_CASE("Fingerprint: depends on every byte and on the size") {
  std::set<std::string> seen;
  for (Index size = 0; size < 20; ++size) {
    Tensor<std::uint8_t> bytes(Shape{size});
    CHECK(seen.insert(fingerprint_of(bytes)).second);
    for (Index i = 0; i < size; ++i) {
      bytes(i) = 1;
      CHECK(seen.insert(fingerprint_of(bytes)).second);
      bytes(i) = 0;
    }
  }
  CHECK(fingerprint_of(Tensor<float>(Shape{3})).size() == 16);
}

TEST_CASE("Fingerprint: drawing a number changes the fingerprint of a generator") {
  Generator random(1), same(1);
  CHECK(fingerprint_of(random) == fingerprint_of(same));
  random.next();
  CHECK(fingerprint_of(random) != fingerprint_of(same));
}

TEST_CASE("FingerprintArchive: depends on names and values") {
  const auto print = [](const std::string& name, double value) {
    gradus::detail::FingerprintArchive archive;
    archive(name, value);
    return archive.fingerprint().to_string();
  };
  CHECK(print("a", 1) == print("a", 1));
  CHECK(print("a", 1) != print("a", 2));
  CHECK(print("a", 1) != print("b", 1));
}
