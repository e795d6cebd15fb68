// SPDX-License-Identifier: MIT

#include <cstdlib>

#include <gradus/data/download.hpp>

int main() {
  try {
    gradus::download("http://127.0.0.1:1/nothing", "nothing", "d41d8cd98f00b204e9800998ecf8427e");
  } catch (const gradus::FileError&) {
    return EXIT_SUCCESS;
  }
  return EXIT_FAILURE;
}
