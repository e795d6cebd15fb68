// SPDX-License-Identifier: MIT

#include <cstddef>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/prefetch.hpp>

using gradus::Index;
using gradus::detail::prefetch;

TEST_CASE("prefetch: unmapped memory is not read") {
  for (const Index bytes : {Index{0}, Index{1}, Index{64}, Index{65}, Index{1000}}) {
    // Reading it would crash the program.
    prefetch(reinterpret_cast<const void*>(std::uintptr_t{4096}), bytes);
  }
  const std::vector<std::byte> memory(100, std::byte{7});
  prefetch(memory.data(), 100);
  prefetch(memory.data() + memory.size(), 0);
  CHECK(memory == std::vector<std::byte>(100, std::byte{7}));
}
