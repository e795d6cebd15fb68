// SPDX-License-Identifier: MIT

#include <gradus/nn.hpp>

int main() {
  gradus::nn::Sequential net{gradus::nn::Linear{2, 3}};
  const gradus::Tensor<float> single{{1, 2}};
  const gradus::Tensor<double> twice{{1, 2}};
  net.forward(single);
  // expect: no matching|no known conversion|cannot convert
  net.forward(twice);
}
