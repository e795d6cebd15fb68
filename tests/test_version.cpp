// SPDX-License-Identifier: MIT

#include <string>

#include <doctest/doctest.h>

#include <gradus/version.hpp>

TEST_CASE("version: the string consists of the three numbers") {
  CHECK(gradus::version_string == std::to_string(gradus::version_major) + "." +
                                      std::to_string(gradus::version_minor) + "." +
                                      std::to_string(gradus::version_patch));
}
