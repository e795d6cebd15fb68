// SPDX-License-Identifier: MIT

/// Runs the whole main job of the chapter on the real files: reads the data set, trains, and evaluates after
/// each epoch. report.py measures its memory and, with 0 epochs, the time to read the files.
///
/// usage: main_job DIR EPOCHS

#include <cstdio>
#include <cstdlib>

#include <gradus/data/fashion_mnist.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train.hpp>

#include "support/mlp.hpp"

namespace {

void run(const char* folder, gradus::Index epochs) {
  using gradus::FashionMnist, gradus::Split;
  const auto train = FashionMnist::load(folder, Split::train), test = FashionMnist::load(folder, Split::test);
  gradus::Generator random(0);
  auto net = bench::make_network(bench::chapter_sizes, random);
  gradus::optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  gradus::Trainer trainer{net, gradus::nn::SoftmaxCrossEntropy<float>{}, sgd, random, {.epochs = epochs}};
  trainer.add(gradus::ProgressBar{});
  trainer.fit(train, test);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: main_job DIR EPOCHS\n");
    return 2;
  }
  try {
    run(argv[1], std::atoi(argv[2]));
  } catch (const gradus::Error& error) {
    std::fprintf(stderr, "main_job: %s\n", error.what());
    return 1;
  }
}
