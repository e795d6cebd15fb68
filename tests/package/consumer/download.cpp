// SPDX-License-Identifier: MIT

#include <cstdlib>

// The part of download.hpp that needs curl, OpenSSL and zlib.
#include <gradus/data/download_file.hpp>

int main() {
  try {
    gradus::download("http://127.0.0.1:1/nothing", "nothing", "d41d8cd98f00b204e9800998ecf8427e");
  } catch (const gradus::FileError&) {
    return EXIT_SUCCESS;
  }
  return EXIT_FAILURE;
}
