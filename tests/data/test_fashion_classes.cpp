// SPDX-License-Identifier: MIT

#include <set>
#include <string>

#include <doctest/doctest.h>

#include <gradus/data/fashion_classes.hpp>

using gradus::fashion_classes;

TEST_CASE("fashion_classes: ten names, in the order of the data set's own table") {
  // https://github.com/zalandoresearch/fashion-mnist#labels
  CHECK(std::set<std::string>(fashion_classes.begin(), fashion_classes.end()).size() == 10);
  CHECK(std::string(fashion_classes[0]) == "t-shirt");
  CHECK(std::string(fashion_classes[1]) == "trouser");
  CHECK(std::string(fashion_classes[4]) == "coat");
  CHECK(std::string(fashion_classes[5]) == "sandal");
  CHECK(std::string(fashion_classes[6]) == "shirt");
  CHECK(std::string(fashion_classes[9]) == "ankle boot");
}
