// SPDX-License-Identifier: MIT

#include <string>

#include <doctest/doctest.h>

#include <gradus/io/load_report.hpp>

using namespace gradus;

TEST_CASE("LoadReport: names ten of each kind, counts the rest, and cannot control the terminal") {
  LoadReport report;
  for (int i = 0; i < 20'000; ++i) {
    report.unexpected.push_back("layer" + std::to_string(i) + ".weight");
    if (i < 12) report.missing.push_back("m" + std::to_string(i));
    if (i < 11) report.different.push_back(std::to_string(i) + " is different");
  }
  const std::string text = report.to_string();
  CHECK(text.size() < 1200);
  CHECK(text.find("missing m9; 2 more missing; unexpected layer0.weight") != std::string::npos);
  CHECK(text.find("layer9.weight; 19990 more unexpected; 0 is different") != std::string::npos);
  CHECK(text.ends_with("9 is different; 1 more different"));
  const LoadReport evil{{}, {"a\n\x1b[2J" + std::string(1, '\0'), std::string(100'000, 'x')}, {}};
  CHECK(evil.to_string().starts_with("unexpected a\\n\\x1b[2J\\x00; unexpected xxx"));
  CHECK(evil.to_string().size() < 600);
}

TEST_CASE("LoadReport: the table has one line per tensor, and names from a file are escaped") {
  LoadReport report;
  CHECK(report.table() == "");
  report.assigned = {{"a\n", "0.weight", "F32 [2]"}, {"fc1.bias", "10.bias", "F32 []"}};
  CHECK(report.table() ==
        "a\\n       ->  0.weight  F32 [2]\n"
        "fc1.bias  ->  10.bias   F32 []\n");
}
