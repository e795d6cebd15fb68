// SPDX-License-Identifier: MIT

#include <gradus/gradus.hpp>

/// Compiled with optimisation and with warnings as errors: gcc gives some warnings only after inlining.
/// Networks of floats are covered by the examples.
int main() {
  using namespace gradus::nn;
  Sequential<double> net{Linear<double>{3, 5}, Tanh{}, Linear<double>{5, 2}};
  const auto x = gradus::Tensor<double>::ones({4, 3});
  gradus::optim::Adam optimizer{net.named_parameters()};
  auto dy = gradus::Tensor<double>::zeros({4, 2});
  MeanSquaredError<double>{}(net.forward(x), gradus::Tensor<double>::ones({4, 2}), dy);
  net.backward(dy);
  optimizer.step();
  return net.predict(x).size() == 8 ? 0 : 1;
}
