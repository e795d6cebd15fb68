// SPDX-License-Identifier: MIT

#include <cstddef>
#include <string>

#include <doctest/doctest.h>

#include <gradus/data/csv_field_end.hpp>

TEST_CASE("FindFieldEnd: finds the first character that ends a field, at every distance") {
  const gradus::detail::FindFieldEnd find(';');
  // Neighbours of the characters, and those whose highest bit is set.
  const std::string others = ":<\x0b\x09!# \xbb\x8a\xa2\x80\xff\x01" + std::string(1, '\0');
  for (std::size_t length = 0; length < 40; ++length) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) text += others[(i * 5 + length) % others.size()];
    CAPTURE(length);
    CHECK(find(text.data(), text.data() + length) == text.data() + length);
    for (std::size_t at = 0; at < length; ++at) {
      for (const char c : {';', '\n', '"'}) {
        std::string changed = text;
        changed[at] = c;
        if (at + 1 < length) changed[at + 1] = static_cast<char>(c + 1);
        if (at + 2 < length) changed[at + 2] = ';';
        CHECK(find(changed.data(), changed.data() + length) == changed.data() + at);
      }
    }
  }
}
