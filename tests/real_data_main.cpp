// SPDX-License-Identifier: MIT

#include <cstdio>
#include <cstdlib>

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

/// Tests on the real Fashion-MNIST files. Without the folder they are skipped, and CTest reports that.
int main(int argc, char** argv) {
  constexpr int skipped = 77;
  const char* const directory = std::getenv("FASHION_MNIST_DIR");
  if (directory == nullptr || *directory == '\0') {
    std::puts("skipped: no data (FASHION_MNIST_DIR is not set)");
    return skipped;
  }
  return doctest::Context(argc, argv).run();
}
