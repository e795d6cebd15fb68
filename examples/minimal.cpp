// SPDX-License-Identifier: MIT

/// The program at the top of README.md, with options and error messages.

#include <string>

#include <CLI/CLI.hpp>

#include <gradus/data/download.hpp>
#include <gradus/gradus.hpp>

#include "support/program.hpp"

using namespace gradus;

void train(const std::string& folder) {
  Generator random(0);
  nn::Sequential net{nn::Flatten{}, nn::Linear{784, 256, random}, nn::ReLU{}, nn::Linear{256, 10, random}};
  nn::init::weights(net, [&](auto weight) { nn::init::normal(weight, random, 0, 0.01); });
  nn::init::zero_biases(net);
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  Trainer trainer{net, nn::SoftmaxCrossEntropy{}, sgd, random, {.epochs = 10, .batch_size = 256}};
  trainer.add(ProgressBar{});
  trainer.fit(fetch_fashion_mnist(Split::train, folder), fetch_fashion_mnist(Split::test, folder));
}

int main(int argc, char** argv) {
  CLI::App app("Trains 784-256-10 on Fashion-MNIST: the program at the top of README.md.");
  std::string folder;
  app.add_option("--data", folder, "Folder of the data set (default: FASHION_MNIST_DIR, else the cache)");
  return support::run(app, argc, argv, [&] { train(folder); });
}
