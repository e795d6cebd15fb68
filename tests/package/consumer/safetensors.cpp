// SPDX-License-Identifier: MIT

#include <cstdlib>

#include <gradus/io/state_dict.hpp>
#include <gradus/nn.hpp>

int main() {
  gradus::nn::Sequential net{gradus::nn::Linear{2, 3}};
  try {
    gradus::load(net, "no such file");
  } catch (const gradus::FileError&) {
    return EXIT_SUCCESS;
  }
  return EXIT_FAILURE;
}
