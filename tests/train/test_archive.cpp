// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/train/archive.hpp>

#include "../support/memory_archive.hpp"

static_assert(gradus::Archivable<double> && gradus::Archivable<gradus::Tensor<float>>);
static_assert(!gradus::Archivable<const double> && !gradus::Archivable<float>);

TEST_CASE("Archive: a scope prefixes names until it ends") {
  gradus::test::MemoryArchive archive;
  double number = 1;
  archive("a", number);
  {
    const auto outer = archive.scope("outer");
    const auto inner = archive.scope("inner");
    archive("a", number);
    archive.expect("name", "Adam");
  }
  archive("b", number);
  REQUIRE(archive.values.size() == 4);
  CHECK(archive.values.contains("outer.inner.a"));
  CHECK(archive.values.contains("outer.inner.name"));
  CHECK(archive.values.contains("b"));
}
