// SPDX-License-Identifier: MIT

#include <gradus/nn.hpp>

using gradus::nn::Linear;
using gradus::nn::Sequential;

int main() {
  const Sequential single{Linear<float>{2, 3}, Linear<float>{3, 1}};
  // expect: float and double cannot be mixed
  const Sequential mixed{Linear<float>{2, 3}, Linear<double>{3, 1}};
}
