// SPDX-License-Identifier: MIT

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include <gradus/io/settings.hpp>

using gradus::FileError;
using gradus::Settings;

TEST_CASE("Settings: each value is returned with its type") {
  const double infinity = std::numeric_limits<double>::infinity();
  const Settings settings{{"size", 784},       {"bias", true},       {"p", 0.25},           {"form", "tanh"},
                          {"above", infinity}, {"below", -infinity}, {"none", std::nan("")}};
  CHECK(settings.integer("size") == 784);
  CHECK(settings.flag("bias"));
  CHECK(settings.number("p") == 0.25);
  CHECK(settings.number("size") == 784.0);
  CHECK(settings.text("form") == "tanh");
  CHECK(settings.number("above") == infinity);
  CHECK(settings.number("below") == -infinity);
  CHECK(std::isnan(settings.number("none")));
  CHECK(settings.contains("p"));
  CHECK_FALSE(settings.contains("q"));
  CHECK(settings.values().size() == 7);
  CHECK(settings == Settings(settings));
}

TEST_CASE("Settings: a missing setting or one of another type is an error") {
  const Settings settings{{"size", 784}, {"p", 0.25}, {"form", "x"}};
  CHECK_THROWS_WITH_AS(settings.flag("bias"), "setting \"bias\" is missing, expected true or false",
                       FileError);
  CHECK_THROWS_WITH_AS(settings.flag("size"), "setting \"size\" has the wrong type, expected true or false",
                       FileError);
  CHECK_THROWS_WITH_AS(settings.integer("p"), "setting \"p\" has the wrong type, expected an integer",
                       FileError);
  CHECK_THROWS_AS(settings.number("form"), FileError);
  CHECK_THROWS_AS(settings.text("size"), FileError);
}
