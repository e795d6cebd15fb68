#include <cstdio>

#include <gradus/data/download.hpp>
#include <gradus/gradus.hpp>

using namespace gradus;

int main() try {
  Generator random(0);
  nn::Sequential net{nn::Flatten{}, nn::Linear{784, 256, random}, nn::ReLU{}, nn::Linear{256, 10, random}};
  nn::init::weights(net, [&](auto weight) { nn::init::normal(weight, random, 0, 0.01); });
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  Trainer trainer{net, nn::SoftmaxCrossEntropy{}, sgd, random, {.epochs = 10, .batch_size = 256}};
  trainer.add(ProgressBar{});
  trainer.fit(fetch_fashion_mnist(Split::train), fetch_fashion_mnist(Split::test));
} catch (const Error& error) {
  std::fprintf(stderr, "minimal: %s\n", error.what());
  return 2;
}
