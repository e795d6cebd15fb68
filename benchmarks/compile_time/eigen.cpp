// SPDX-License-Identifier: MIT

/// The same training with Eigen alone; report.py compares its compile time with that of gradus.cpp.

#include <Eigen/Dense>
#include <cstdio>
#include <numeric>
#include <vector>

#include "../support/eigen_mlp.hpp"

int main() {
  const Eigen::MatrixXf x = Eigen::MatrixXf::Random(784, 1024);
  std::vector<Eigen::Index> labels(1024), order(1024);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<Eigen::Index>(i % 10);
  std::iota(order.begin(), order.end(), 0);
  bench::EigenMlp net(0.01f * Eigen::MatrixXf::Random(256, 784), 0.01f * Eigen::MatrixXf::Random(10, 256));
  for (int epoch = 0; epoch < 10; ++epoch) {
    std::printf("%.3f\n", net.train_epoch(x, labels, order, 256, 4, 0.1f));
  }
}
