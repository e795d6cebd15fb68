// SPDX-License-Identifier: MIT

/// A translation unit that includes only the networks and trains one; report.py measures its compile time.

#include <cstdio>
#include <vector>

#include <gradus/nn.hpp>

using namespace gradus;

int main() {
  Generator random(0);
  const auto x = Tensor<float>::uniform({1024, 784}, random);
  std::vector<Index> labels(1024);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<Index>(i % 10);

  nn::Sequential<float> net{nn::Linear{784, 256, random}, nn::ReLU{}, nn::Linear{256, 10, random}};
  const nn::SoftmaxCrossEntropy<float> loss;
  Tensor<float> dlogits(Shape{256, 10});
  for (int epoch = 0; epoch < 10; ++epoch) {
    double total = 0;
    for (Index i = 0; i < 1024; i += 256) {
      const auto& logits = net.forward(x.slice(i, i + 256));
      total += static_cast<double>(
          loss(logits, std::span(labels).subspan(static_cast<std::size_t>(i), 256), dlogits).loss);
      net.backward(dlogits);
      for (auto& parameter : net.named_parameters()) {
        parameter->value.array() -= 0.1f * parameter->grad().array();
        parameter->zero_grad();
      }
    }
    std::printf("%.3f\n", total / 4);
  }
}
