// SPDX-License-Identifier: MIT

#include <cstdio>

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "heap.hpp"

/// Runs the tests that count allocations or make them fail. Where nothing can be counted they are skipped,
/// and CTest reports that.
int main(int argc, char** argv) {
  constexpr int skipped = 77;
  if (!heap::is_watched()) {
    std::puts("skipped: allocations cannot be counted (needs glibc, and no sanitizer)");
    return skipped;
  }
  return doctest::Context(argc, argv).run();
}
