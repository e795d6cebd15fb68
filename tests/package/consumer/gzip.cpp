// SPDX-License-Identifier: MIT

#include <cstdlib>

#include <gradus/data/fashion_mnist.hpp>

int main() {
  try {
    gradus::FashionMnist::load("no such folder", gradus::Split::test);
  } catch (const gradus::FileError&) {
    return EXIT_SUCCESS;
  }
  return EXIT_FAILURE;
}
