// SPDX-License-Identifier: MIT

#include <cstdlib>

#include <gradus/data/gzip.hpp>

int main() {
  try {
    gradus::GzipFile("no such file");
  } catch (const gradus::FileError&) {
    return EXIT_SUCCESS;
  }
  return EXIT_FAILURE;
}
