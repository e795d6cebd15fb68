// SPDX-License-Identifier: MIT

#include <gradus/nn.hpp>

using namespace gradus::nn;

int main() {
  const gradus::Tensor<float> x{{1, 2}};
  Sequential<float> net{Linear{2, 3}};
  const Sequential<float> constant = net;
  // expect: net.x. records on the tape: include gradus/autograd.hpp
  net(x);
  // expect: net.x. records on the tape: include gradus/autograd.hpp
  constant(x);
  // expect: net.x. records on the tape: include gradus/autograd.hpp
  net[0](x);
}
