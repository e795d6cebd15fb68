// SPDX-License-Identifier: MIT

#include <cstdlib>

#include <gradus/io/safetensors_reader.hpp>

int main() {
  try {
    gradus::SafetensorsReader("no such file");
  } catch (const gradus::FileError&) {
    return EXIT_SUCCESS;
  }
  return EXIT_FAILURE;
}
