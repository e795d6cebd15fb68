// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/core/part.hpp>

using gradus::Index;
using gradus::Part;

TEST_CASE("Part: parts follow each other, cover the sequence and differ by at most one") {
  for (const Index n : {0, 1, 2, 3, 7, 256, 60001}) {
    for (const Index count : {1, 2, 3, 4, 7, 1024}) {
      Index at = 0;
      for (Index index = 0; index < count; ++index) {
        const Part part{index, count};
        REQUIRE(part.begin(n) == at);
        const Index size = part.end(n) - part.begin(n);
        REQUIRE(size >= n / count);
        REQUIRE(size <= n / count + 1);
        at = part.end(n);
      }
      CHECK(at == n);
    }
  }
}

TEST_CASE("Part: a long sequence does not overflow") {
  const Index n = Index{1} << 62;
  CHECK(Part{1, 2}.begin(n) == n / 2);
  CHECK(Part{1023, 1024}.end(n) == n);
}
