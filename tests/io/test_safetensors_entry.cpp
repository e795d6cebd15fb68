// SPDX-License-Identifier: MIT

#include <string>

#include <doctest/doctest.h>

#include <gradus/io/safetensors_entry.hpp>

using namespace gradus;

TEST_CASE("SafetensorsEntry: the description is safe to print") {
  CHECK(SafetensorsEntry{"w", "F32", {2, 3}, 2}.description() == "F32 [2, 3]");
  CHECK(SafetensorsEntry{"w", "F32", {}, 0}.description() == "F32 []");
  CHECK(SafetensorsEntry{"w", "F32", {}, 9}.description() == "F32 of rank 9");
  CHECK(SafetensorsEntry{"w", "\x1b\n", {1}, 1}.description() == "\\x1b\\n [1]");
  CHECK(SafetensorsEntry{"w", std::string(1'000'000, 'F'), {1}, 1}.description().size() < 200);
}

TEST_CASE("SafetensorsHeader: finds entries by name") {
  SafetensorsHeader header;
  CHECK(header.find("a") == nullptr);
  header.entries = {{"c", "F32", {}}, {"a", "F32", {}}, {"b", "F32", {}}};
  header.by_name = {1, 2, 0};
  for (const SafetensorsEntry& entry : header.entries) CHECK(header.find(entry.name) == &entry);
  CHECK(header.find("") == nullptr);
  CHECK(header.find("bb") == nullptr);
  CHECK(header.find("d") == nullptr);
}
