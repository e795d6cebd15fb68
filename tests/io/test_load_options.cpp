// SPDX-License-Identifier: MIT

#include <iostream>

#include <doctest/doctest.h>

#include <gradus/io/load_options.hpp>

TEST_CASE("LoadOptions: by default a load is strict, converts nothing and renames nothing") {
  const gradus::LoadOptions options;
  CHECK(options.match == gradus::Match::strict);
  CHECK_FALSE(options.convert);
  CHECK(options.prefix.empty());
  CHECK(options.rename.empty());
  CHECK(options.table == &std::cout);
}
