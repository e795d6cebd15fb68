// SPDX-License-Identifier: MIT

#include <gradus/core/tensor.hpp>

int main() {
  const gradus::Tensor<float> single{{1, 2}};
  gradus::Tensor<double> twice;
  // expect: no match for|no viable
  twice = single;
}
